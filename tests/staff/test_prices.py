"""Finance changes prices: last month's effect first, another person's approval, never backwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.identity.models import AuditRecord
from apps.pricing.models import Operation, PriceBook, Rate, RateVersion
from apps.support.models import Proposal
from apps.usage.changing import refund_charge
from apps.usage.last_month import rerate_last_month
from apps.usage.models import Charge
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest, ChargeState
from tests.cast import AT, BOOK, a_member, a_user, an_organisation, load_prices, pays
from tests.counting import counted_queries
from tests.staff.desk import HIDDEN, Desk, at_the_desk

OCTOBER = datetime(2026, 10, 14, 9, tzinfo=UTC)
BOOKS = "/admin/pricing/pricebook/"


@pytest.fixture(autouse=True)
def noon(db: None, settings: Settings) -> Iterator[None]:
    """Prices, and Ada, who pays herself, and a school that pays for Ben."""
    settings.STAFF_SECOND_FACTOR = False
    load_prices()
    a_user("ada", credit="5000", at=datetime(2026, 9, 1, tzinfo=UTC))
    school = an_organisation("school", credit="5000", at=datetime(2026, 9, 1, tzinfo=UTC))
    a_member(school, "ben", at=datetime(2026, 9, 1, tzinfo=UTC))
    pays(school, "shared_pool", at=datetime(2026, 9, 1, tzinfo=UTC))
    with stopped_at(AT):
        yield


@pytest.fixture
def finance() -> Desk:
    return at_the_desk("fay", "finance")


@pytest.fixture
def other_finance() -> Desk:
    return at_the_desk("finn", "finance")


def images(
    number: int,
    options: dict[str, str] | None = None,
    *,
    user: str = "ada",
    at: datetime = OCTOBER,
    capture: bool = True,
) -> ChargeState:
    """So many images, 10 tokens each; twice that in high quality, 2 more from 50 steps."""
    request = ChargeRequest(
        user=user,
        operation="image",
        model="flux",
        quantities={"image": number * MICRO},
        options=options or {},
        organisation="school" if user == "ben" else None,
        capture=capture,
    )
    return create_charge(request, client_id=None, at=at)


def the_rate(book: str = "campus") -> Rate:
    return Rate.objects.get(operation__code="image", operation__price_book=book)


def address_of(rate: Rate) -> str:
    return f"/admin/pricing/rate/{rate.pk}"


def entries_of(page: str) -> dict[str, str]:
    """What the form's fields hold, by name."""
    typed = dict(re.findall(r'<input type="text" name="([^"]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        typed[name] = next(iter(re.findall(r'<option value="([^"]*)" selected', options)))
    return typed


def changed(finance: Desk, **changes: str) -> tuple[str, dict[str, str]]:
    """The address of the form for images, and the form with some of its entries changed."""
    address = f"{address_of(the_rate())}/revise/"
    typed = entries_of(finance.see(address)) | {"reason": "Dearer to make"} | changes
    return address, typed


def dearer(finance: Desk, tokens: str = "12", **more: str) -> tuple[str, dict[str, str]]:
    return changed(finance, **{"components-0-tokens": tokens, **more})


def test_a_new_price_shows_first_what_last_month_would_have_cost(finance: Desk) -> None:
    images(3)
    images(2, {"quality": "high"}, user="ben")
    images(1, at=AT)
    address, typed = dearer(finance)
    page = finance.look(address, **typed)
    assert page.index("What the use of October 2026 would have cost") < page.index("Minimum charge")
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    found = re.sub(r" +", " ", text)
    assert "2 charges cost 70 It would have been 84 +20 %" in found  # 30 + 40 before, 36 + 48 after
    assert "School 1 40 48 (+20 %)" in found
    assert "Ada 1 30 36 (+20 %)" in found
    assert RateVersion.objects.filter(rate=the_rate()).count() == 1
    assert not Proposal.objects.exists()


def test_what_last_month_would_have_cost_is_what_the_same_use_costs_afterwards(
    finance: Desk, other_finance: Desk
) -> None:
    uses: list[tuple[int, dict[str, str]]] = [
        (3, {}),
        (2, {"quality": "high"}),
        (1, {"quality": "high", "steps": "60"}),
        (7, {"steps": "49"}),
    ]
    for number, options in uses:
        images(number, options)
    rate = the_rate()
    address, typed = dearer(finance, "11.7", **{"options-0-values-1-1": "2.5", "options-1-values-1-1": "3"})
    finance.confirm(address, **typed)
    spec = Proposal.objects.get().payload["spec"]
    foreseen = rerate_last_month({rate.pk: spec}, at=AT).rerated
    assert other_finance.approve(Proposal.objects.get()) == 302
    again = [images(number, options, at=AT + timedelta(minutes=1)).price for number, options in uses]
    assert (foreseen.charges, foreseen.after) == (4, sum(again))
    assert foreseen.before == sum(charge.price_micro for charge in Charge.objects.filter(created_at=OCTOBER))


def test_a_refunded_charge_counts_with_what_it_was_priced_at(finance: Desk) -> None:
    charge = images(3)
    refund_charge(charge.id, tokens=None, reason="poor", actor="tests", at=OCTOBER + timedelta(hours=1))
    images(2, capture=False)
    address, typed = dearer(finance)
    assert "1 charge cost" in finance.look(address, **typed)


def test_a_new_price_waits_for_another_person_and_the_requester_cannot_approve(
    finance: Desk, other_finance: Desk
) -> None:
    address, typed = dearer(finance)
    finance.confirm(address, **typed)
    proposal = Proposal.objects.get()
    assert (proposal.kind, proposal.state) == ("publish_rate", Proposal.State.OPEN)
    assert finance.approve(proposal) == 403
    assert images(1, at=AT).price == 10 * MICRO
    assert other_finance.approve(proposal) == 302
    assert images(1, at=AT).price == 12 * MICRO
    record = AuditRecord.objects.get(action="rate.publish")
    assert (record.actor, record.reason) == ("user:fay", "Dearer to make")


def test_past_charges_and_open_holds_keep_their_price(finance: Desk, other_finance: Desk) -> None:
    past, held = images(1), images(1, at=AT, capture=False)
    address, typed = dearer(finance)
    finance.confirm(address, **typed)
    other_finance.approve(Proposal.objects.get())
    stored = Charge.objects.filter(pk__in=[past.id, held.id]).values_list("price_micro", flat=True)
    assert set(stored) == {10 * MICRO}


def test_a_price_begins_at_the_moment_that_was_chosen(finance: Desk, other_finance: Desk) -> None:
    address, typed = dearer(finance, when="later", starts_at="2026-12-01T00:00")
    finance.confirm(address, **typed)
    other_finance.approve(Proposal.objects.get())
    start = datetime(2026, 12, 1, tzinfo=UTC)
    assert images(1, at=start - timedelta(seconds=1)).price == 10 * MICRO
    assert images(1, at=start).price == 12 * MICRO
    page = finance.see(f"{address_of(the_rate())}/change/")
    assert "changes on 1 Dec 2026, 00:00 UTC" in page
    assert "<s>10</s> → <b>12</b> (+20 %)" in page
    assert "from 1 Dec 2026" in finance.see(f"{BOOKS}campus/change/?coming=1")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"components-0-tokens": "-1"}, "Write a plain decimal number"),
        ({"components-0-tokens": "ten"}, "Write a plain decimal number"),
        ({"components-0-tokens": "10"}, "Nothing would change."),
        ({"components-0-tokens": "0"}, "All prices are 0."),
        ({"state": "free"}, "What is free has no price"),
        ({"state": "gone"}, "Select a valid choice"),
        ({"minimum_charge": "1e3"}, "Write"),
        ({"description": "a\x07b"}, "Write 1 to 300 printable characters."),
        ({"components-0-tokens": "12", "reason": ""}, "This field is required."),
        ({"components-0-tokens": "12", "when": "later"}, "Say from when."),
        (
            {"components-0-tokens": "12", "when": "later", "starts_at": "2026-11-01T00:00"},
            "A price never begins in the past.",
        ),
    ],
)
def test_what_cannot_be_is_said_and_proposes_nothing(
    finance: Desk, changes: dict[str, str], said: str
) -> None:
    address, typed = changed(finance, **changes)
    page = finance.look(address, **typed)
    assert said in page.replace("&#x27;", "'")
    assert "Propose it" not in page
    assert finance.client.post(address, {**typed, "step": "confirm"}).status_code == 200
    assert not Proposal.objects.exists()


def test_of_two_proposals_for_the_same_price_the_second_must_begin_again(
    finance: Desk, other_finance: Desk
) -> None:
    for tokens in ("12", "13"):
        address, typed = dearer(finance, tokens)
        finance.confirm(address, **typed)
    first, second = Proposal.objects.order_by("pk")
    other_finance.approve(first)
    other_finance.approve(second)
    second.refresh_from_db()
    assert second.state == Proposal.State.OPEN
    assert "Another price" in other_finance.see(f"/admin/support/proposal/{second.pk}/change/")
    assert RateVersion.objects.filter(rate=the_rate()).count() == 2


def test_a_form_sent_twice_is_one_proposal(finance: Desk) -> None:
    address, typed = dearer(finance)
    shown = dict(HIDDEN.findall(finance.look(address, **typed)))
    for _ in range(2):
        assert finance.client.post(address, {**typed, **shown, "step": "confirm"}).status_code == 302
    assert Proposal.objects.count() == 1


def test_two_versions_are_compared_entry_by_entry(finance: Desk, other_finance: Desk) -> None:
    address, typed = dearer(finance, minimum_charge="3")
    finance.confirm(address, **typed)
    other_finance.approve(Proposal.objects.get())
    old, new = RateVersion.objects.filter(rate=the_rate()).order_by("pk").values_list("pk", flat=True)
    page = finance.see(f"{address_of(the_rate())}/compare/?old={old}&new={new}")
    differs, _, same = page.partition("What stays the same")
    assert "Tokens per image" in differs
    assert "Minimum charge" in differs
    assert "Description" in same
    answer: Any = finance.client.get(f"{address_of(the_rate())}/compare/?old={old}&new=0")
    assert answer.status_code == 404


def dearer_book() -> str:
    """The file of the price book, with images at 15 and pages at 2."""
    text = BOOK.format(code="campus", name="Campus", currency="EUR")
    return text.replace("image = 10", "image = 15").replace("tokens = { page = 1 }", "tokens = { page = 2 }")


def test_a_file_is_tried_out_and_stores_nothing(finance: Desk) -> None:
    images(3)
    before = RateVersion.objects.count(), AuditRecord.objects.count()
    page = finance.look(f"{BOOKS}load/", text=dearer_book(), when="now")
    assert "2 new prices" in page
    assert "<s>10</s> → <b>15</b> (+50 %)" in page
    assert "What the use of October 2026 would have cost" in page
    assert (RateVersion.objects.count(), AuditRecord.objects.count()) == before


def test_a_file_is_loaded_once_another_person_approves(finance: Desk, other_finance: Desk) -> None:
    answer = finance.confirm(f"{BOOKS}load/", text=dearer_book(), when="now")
    assert answer.status_code == 302
    proposal = Proposal.objects.get()
    assert images(1, at=AT).price == 10 * MICRO
    assert finance.approve(proposal) == 403
    assert other_finance.approve(proposal) == 302
    assert images(1, at=AT).price == 15 * MICRO
    assert AuditRecord.objects.get(action="price_book.load").actor == "user:fay"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a file or paste its text."),
        ("code = ", "Pasted text: Invalid value"),
        ("code = 'campus'\n", "name"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(finance: Desk, text: str, said: str) -> None:
    page = finance.look(f"{BOOKS}load/", text=text, when="now")
    assert said in page
    assert "Propose it" not in page
    assert not Proposal.objects.exists()


def test_a_file_that_changes_nothing_is_not_proposed(finance: Desk) -> None:
    text = BOOK.format(code="campus", name="Campus", currency="EUR")
    assert "Nothing would change" in finance.look(f"{BOOKS}load/", text=text, when="now")


def test_the_rate_card_is_searched_and_narrowed(finance: Desk) -> None:
    page = finance.see(f"{BOOKS}campus/change/")
    assert "5 <span" in page
    assert "flux" in finance.see(f"{BOOKS}campus/change/?q=FLUX")
    assert "Nothing matches." in finance.see(f"{BOOKS}campus/change/?q=sonnet")
    assert "flux" not in finance.see(f"{BOOKS}campus/change/?operation=page")
    assert "Nothing matches." in finance.see(f"{BOOKS}campus/change/?coming=1")


@pytest.mark.parametrize("role", ["support", "operations"])
def test_who_does_not_set_prices_reads_them_only(role: str) -> None:
    desk = at_the_desk("other", role)
    page = desk.see(f"{address_of(the_rate())}/change/")
    assert "Change this price" not in page
    assert "Load a price book" not in desk.see(BOOKS)
    for address in (f"{address_of(the_rate())}/revise/", f"{BOOKS}load/"):
        assert desk.client.get(address).status_code == 403
        assert desk.client.post(address).status_code == 403


def test_each_page_of_prices_takes_at_most_fifteen_queries(finance: Desk) -> None:
    rate = address_of(the_rate())
    for address in (BOOKS, f"{BOOKS}campus/change/", f"{BOOKS}campus/hosting/", f"{rate}/change/"):
        finance.see(address)
        with counted_queries() as queries:
            finance.see(address)
        assert queries[0] <= 15, address


def test_a_book_that_nobody_loaded_is_not_there(finance: Desk) -> None:
    assert PriceBook.objects.count() == 2
    assert Operation.objects.filter(price_book="campus").count() == 5
    for address in (f"{BOOKS}nowhere/change/", f"{BOOKS}nowhere/hosting/", "/admin/pricing/rate/0/change/"):
        assert finance.client.get(address).status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 23, "9" * 5000])
def test_a_rate_that_cannot_be_is_not_found(finance: Desk, number: str) -> None:
    assert finance.client.get(f"/admin/pricing/rate/{number}/change/").status_code == 404
