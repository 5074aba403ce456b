"""The proof as a page: what came out, since when, one at a time."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.core.clock import now, stopped_at
from apps.core.errors import InProgress
from apps.ledger.checking import PATIENCE, ask_for_check, carry_out, carry_out_waiting
from apps.ledger.models import LedgerCheck
from apps.ledger.tasks import carry_out_check, prove_ledger
from tests.usage.books import AT


def test_the_button_proves_small_books_at_once_and_keeps_the_result(staff: Client) -> None:
    page = staff.post(reverse("staff_run_proof"), follow=True).content.decode()
    assert "The ledger adds up" in page
    check = LedgerCheck.objects.latest("id")
    assert (check.state, check.actor, check.under_way) == ("holds", "user:boss", None)
    assert check.counts["usage_charge"] == 5
    assert sum(balance for balance, _ in check.outstanding.values()) > 0


def test_what_does_not_add_up_is_shown_with_the_page_that_explains_it(staff: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'earned'")
    page = staff.post(reverse("staff_run_proof"), follow=True).content.decode()
    assert "The ledger does not add up" in page
    assert "balance is the sum of its entries" in page


def test_two_checks_do_not_run_at_once(staff: Client) -> None:
    ask_for_check(actor="clock", at=now())
    page = staff.post(reverse("staff_run_proof"), follow=True).content.decode()
    assert "The ledger is being checked already." in page
    assert LedgerCheck.objects.count() == 2


def test_large_books_are_left_to_a_worker(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.staff.proving.AT_ONCE", 0)
    monkeypatch.setattr(carry_out_check, "delay", lambda: None)
    page = staff.post(reverse("staff_run_proof"), follow=True).content.decode()
    assert "Waiting for a worker" in page
    assert 'hx-trigger="every 3s"' in page
    carry_out_check()
    answer = staff.get(reverse("staff_proof"), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert LedgerCheck.objects.latest("id").state == "holds"


def test_a_waiting_check_is_carried_out_once(charges: object) -> None:
    check = ask_for_check(actor="clock", at=AT)
    assert carry_out_waiting(at=AT) is not None
    assert carry_out(check, at=AT) is None
    assert carry_out_waiting(at=AT) is None


def test_a_check_that_was_cut_off_stands_in_nobodys_way_for_long(charges: object) -> None:
    first = ask_for_check(actor="clock", at=AT)
    with pytest.raises(InProgress):
        ask_for_check(actor="clock", at=AT + PATIENCE)
    ask_for_check(actor="clock", at=AT + PATIENCE + timedelta(seconds=1))
    first.refresh_from_db()
    assert first.state == "stopped"


def test_a_check_that_breaks_off_says_so(charges: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*, limit: int) -> None:
        raise RuntimeError

    monkeypatch.setattr("apps.ledger.checking.verify_ledger", broken)
    with pytest.raises(RuntimeError):
        carry_out(ask_for_check(actor="clock", at=AT), at=AT)
    assert LedgerCheck.objects.latest("id").state == "stopped"


def test_the_night_and_the_command_keep_their_results_too(charges: object) -> None:
    assert prove_ledger()
    call_command("verify_ledger", stdout=StringIO())
    assert set(LedgerCheck.objects.values_list("actor", "state")) == {
        ("clock", "holds"),
        ("command", "holds"),
    }


def test_a_check_older_than_a_day_is_called_old(staff: Client) -> None:
    with stopped_at(AT):
        prove_ledger()
    with stopped_at(AT + timedelta(hours=3)):
        assert "Older than a day" not in staff.get(reverse("staff_proof")).content.decode()
    with stopped_at(AT + timedelta(hours=30)):
        assert "Older than a day" in staff.get(reverse("staff_proof")).content.decode()


def test_the_proof_is_asked_for_by_post_only(staff: Client) -> None:
    assert staff.get(reverse("staff_run_proof")).status_code == 405
    assert LedgerCheck.objects.count() == 1
