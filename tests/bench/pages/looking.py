"""How long the server takes for each page, in a process of its own: a line of figures for every page.

Each page is asked for once, cold, and then some times more; queries are counted by the way. Lists of the
staff are found by themselves: each plain, by every choice of its filters, and searched.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import reverse

from apps.identity.models import User
from apps.usage.models import Charge
from apps.wallets.models import Wallet
from tests.bench.pages.chapter import OVERVIEW, Look
from tests.bench.pages.rows import FIRST
from tests.counting import counted_queries

SEARCHES = ("person-1", "Ada", "person-77@bench.example")
"""Somebody with a hundredth of everything, a tenth of all first names, one of a million."""
CHOICES = 4
"""So many choices of each filter are tried."""


def look(client: Client, page: str, address: str, times: int) -> Look:
    """Ask for a page once and then so many times; only the database remembers anything."""
    with counted_queries() as queries:
        answers = [_ask(client, address)]
    answers += [_ask(client, address) for _ in range(times)]
    return Look(page, address, answers[0][0], [spent for _, spent in answers], queries[0])


def _ask(client: Client, address: str) -> tuple[int, int]:
    """The answer's status and the microseconds until all of it was there."""
    cache.clear()
    began = time.perf_counter_ns()
    answer: Any = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return int(answer.status_code), (time.perf_counter_ns() - began) // 1_000


def _of_people() -> Iterator[tuple[str, str]]:
    """The pages of the busiest person, with a hundredth of everything, who owns the busiest organisation."""
    house = "/orgs/house-1"
    charge = Charge.objects.filter(wallet_id=FIRST + 1).latest("id").pk
    yield "overview of the busiest person", "/wallet/"
    for title, place in (("transactions", "transactions/"), ("usage", "usage/")):
        yield title, f"/wallet/{place}"
        yield f"{title} of the organisation", f"{house}/{place}"
    yield "transactions, searched", "/wallet/transactions/?q=statistics"
    yield "transactions, a year", "/wallet/transactions/?period=all"
    yield "usage, a year", "/wallet/usage/?period=year"
    yield "usage of the organisation, a year", f"{house}/usage/?period=year"
    yield "usage as CSV", "/wallet/usage.csv"
    yield "overview of the organisation", f"{house}/"
    yield "members", f"{house}/members/"
    yield "members as CSV", f"{house}/members.csv"
    yield "budget", "/budget/"
    for place in (
        "allocations",
        "limits",
        "requests",
        "cost-centres",
        "coverage",
        "plan",
        "audit",
        "settings",
    ):
        yield f"{place} of the organisation", f"{house}/{place}/"
    yield "bills of the organisation", f"{house}/bills/"
    yield "a member", f"{house}/members/person-1/"
    yield "giving to everybody, the form", f"{house}/allocations/new/"
    yield "a charge", f"/charges/ch_{charge}/"
    yield "calculator", "/calculator/"
    yield "rate card", "/rates/campus/"


def _of_staff(user: User) -> Iterator[tuple[str, str]]:
    yield "start", "/admin/"
    for term in SEARCHES:
        yield f"search box: {term}", f"/admin/search/?q={term}"
    wallet = Wallet.objects.get(owner_key="person-1").pk
    house = Wallet.objects.get(owner_key="house-1").pk
    for title, pk in (("wallet", wallet), ("organisation's wallet", house)):
        address = reverse("admin:wallets_wallet_change", args=[pk])
        yield title, address
        for what in ("balance", "spent", "held", "available"):
            yield f"{title}, {what} explained", reverse("staff_explain_wallet", args=[pk, what])
    for model in admin.site._registry:
        yield from _of_list(user, model)


def _of_list(user: User, model: type[Model]) -> Iterator[tuple[str, str]]:
    label = str(model._meta.verbose_name_plural)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = RequestFactory().get(address)
    request.user = user
    pages = admin.site._registry[model]
    if not pages.has_view_permission(request):
        return
    yield f"list of {label}", address
    yield f"list of {label}, page 20", f"{address}?p=20"
    if pages.search_fields:
        for term in SEARCHES:
            yield f"list of {label}, searched: {term}", f"{address}?q={term}"
    changes = pages.get_changelist_instance(request)
    for spec in changes.filter_specs:
        for choice in list(spec.choices(changes))[1 : CHOICES + 1]:
            if "query_string" in choice:
                named = f"list of {label}, by {spec.title}: {choice['display']}"
                yield named, f"{address}{choice['query_string']}"


def _user(key: str) -> User:
    return User.objects.get(platform_id=key)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def looks(wanted: str, times: int) -> Iterator[Look]:
    """Every page whose name holds the wanted words, after one that loads what all of them need."""
    anybody, busiest, staff = _user("person-77"), _user("person-1"), _user("finance")
    asked = (
        (_client(anybody), iter([(OVERVIEW, "/wallet/")])),
        (_client(busiest), _of_people()),
        (_client(staff), _of_staff(staff)),
    )
    for client, pages in asked:
        client.get("/calculator/operations/")
        for page, address in pages:
            if wanted in page:
                yield look(client, page, address, times)


def run(times: int, wanted: str) -> None:
    """Tell each look in a line as soon as it is there."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(ALLOWED_HOSTS=["testserver"], STORAGES={**settings.STORAGES, **plain}):
        for found in looks(wanted, times):
            sys.stdout.write(json.dumps(asdict(found)) + "\n")
            sys.stdout.flush()
