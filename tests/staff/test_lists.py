"""Lists: filtered by day and amount, exported harmlessly, searches kept by each person for themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.units import MICRO
from apps.ledger.models import Entry
from apps.staff.models import SavedFilter
from apps.usage.models import DeniedAttempt
from apps.usage.state import ChargeState

LISTS = ("usage_charge", "usage_deniedattempt", "ledger_transfer", "ledger_entry", "wallets_movement")


def file_of(client: Client, model: str, query: str = "") -> list[list[str]]:
    app, name = model.split("_")
    answer = client.get(reverse("staff_export", args=[app, name]) + query)
    content = b"".join(bytes(part) for part in answer)
    return list(csv.reader(io.StringIO(content.decode())))


@pytest.mark.parametrize("model", LISTS)
def test_a_list_is_exported_as_it_is_filtered(model: str, staff: Client) -> None:
    every = file_of(staff, model)
    assert len(every) > 1
    days = "?since=2026-11-02&until=2026-11-02" if model != "usage_deniedattempt" else "?until=2026-11-02"
    assert len(file_of(staff, model, days)) == len(every)
    assert len(file_of(staff, model, "?since=2026-11-03")) == 1
    assert len(file_of(staff, model, "?since=nonsense")) == len(every)


def test_no_cell_of_a_file_becomes_a_formula(staff: Client) -> None:
    DeniedAttempt.objects.update(detail='=HYPERLINK("http://evil.example")', operation="+1")
    cells = [cell for row in file_of(staff, "usage_deniedattempt")[1:] for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]


def test_entries_are_found_by_the_size_of_their_amount(staff: Client) -> None:
    least = 100 * MICRO
    wanted = [e for e in Entry.objects.all() if abs(e.amount) >= least]
    assert len(file_of(staff, "ledger_entry", "?least=100")) == len(wanted) + 1
    smaller = [e for e in Entry.objects.all() if abs(e.amount) <= least]
    assert len(file_of(staff, "ledger_entry", "?most=100")) == len(smaller) + 1


def test_a_file_is_only_for_who_may_see_the_list(support: Client, staff: Client) -> None:
    assert support.get(reverse("staff_export", args=["identity", "apiclient"])).status_code == 403
    assert staff.get(reverse("staff_export", args=["identity", "nothing"])).status_code == 404
    assert staff.get(reverse("staff_export", args=["usage", "charge"]) + "?nothing__x=1").status_code == 404


def keep(
    client: Client, name: str, query: str = "status__exact=captured", label: str = "usage.charge"
) -> int:
    values = {"list": label, "name": name, "query": query}
    return client.post(reverse("staff_save_filter"), values).status_code


def test_a_filter_is_kept_under_its_name_and_only_for_oneself(staff: Client, support: Client) -> None:
    assert keep(staff, "Done") == 302
    assert keep(staff, "Done", "status__exact=held&p=3") == 302
    saved = SavedFilter.objects.get()
    assert saved.query == "status__exact=held"
    address = reverse("admin:usage_charge_changelist")
    assert f'href="{address}?status__exact=held"' in staff.get(address).content.decode()
    assert "Done" not in support.get(address).content.decode()
    remove = reverse("staff_remove_filter", args=[saved.pk])
    assert support.post(remove).status_code == 404
    assert staff.get(remove).status_code == 405
    assert staff.post(remove).status_code == 302
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "status=held"), ("x" * 61, "status=held"), ("Done", ""), ("Done", "q=" + "x" * 2000)],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(name: str, query: str, staff: Client) -> None:
    keep(staff, name, query)
    assert not SavedFilter.objects.exists()


def test_lists_that_are_not_there_or_not_theirs_keep_nothing(staff: Client, support: Client) -> None:
    assert keep(staff, "Done", label="usage.nothing") == 404
    assert keep(support, "Done", label="identity.apiclient") == 403


def test_denied_attempts_name_the_reason_and_whose_limit(
    staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    limit = {"subject": {"type": "member", "id": "ada"}, "period": "day", "tokens": "5", "spent": "5"}
    row = DeniedAttempt.objects.latest("id")
    DeniedAttempt.objects.filter(pk=row.pk).update(code="limit_reached", limit=limit)
    page = staff.get(reverse("admin:usage_deniedattempt_change", args=[row.pk])).content.decode()
    assert "A spending limit is reached" in page
    assert "member ada · period day · tokens 5 · spent 5" in page
    assert f"{reverse('staff_search')}?q=ada" in page
