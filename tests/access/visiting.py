"""One visit: what somebody gets at an address, without leaving a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache as shared_cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.counting import counted_queries

LOG_IN = "/accounts/login/"
STAFF_LOG_IN = "/admin/login/"
NAMED = {LOG_IN: "login", "/accounts/2fa/totp/activate/": "2fa", "/accounts/reauthenticate/": "again"}
"""Redirects that mean something of their own."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The status as the table names it, the number of queries, and the answer."""

    status: str
    queries: int
    answer: HttpResponse


def visit(client: Client, method: str, address: str) -> Visit:
    """Send a request, and undo what it did. What follows a question mark is the form of a POST."""
    shared_cache.clear()
    with _undone(client), counted_queries() as count:
        answer = _send(client, method, address)
        status = _named(client, answer)
    return Visit(status, count[0], answer)


def _send(client: Client, method: str, address: str) -> HttpResponse:
    if address.startswith("/api/"):
        key = {"Idempotency-Key": "access"}
        sent: Any = client.generic(method, address, "{}", content_type="application/json", headers=key)
    else:
        path, _, query = address.partition("?") if method == "POST" else (address, "", "")
        sent = client.generic(method, path, query, content_type="application/x-www-form-urlencoded")
    answer: HttpResponse = sent
    return answer


def _named(client: Client, answer: HttpResponse) -> str:
    if answer.status_code not in (301, 302):
        return str(answer.status_code)
    place = urlsplit(answer["Location"]).path
    if place == STAFF_LOG_IN:
        return _at_the_staffs_door(client)
    return NAMED.get(place, str(answer.status_code))


@cache
def _at_the_staffs_door(client: Client) -> str:
    """Where the staff's log-in leads to; the same for whatever page somebody comes from."""
    answer: Any = client.get(STAFF_LOG_IN, {"next": "/admin/"})
    return _named(client, answer)


@contextmanager
def _undone(client: Client) -> Iterator[None]:
    before = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = before
