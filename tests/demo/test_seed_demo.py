"""The whole demo, made once for all tests: a year of three organisations, with something of everything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db.models import Count, F, Q, QuerySet, Sum
from django.test import RequestFactory
from pytest_django.plugin import DjangoDbBlocker

from apps.allocations.models import Allocation, PersonalBudget
from apps.allocations.selectors import budget_of, limits_of_organisation
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.demo.clients import PLATFORM
from apps.demo.houses import ALDERMOOR, HOUSES, House
from apps.demo.people import EVERYBODY_SAYS, STAFF
from apps.demo.work import MODELS
from apps.identity.models import ApiKey, AuditRecord, User
from apps.ledger.models import Account, LedgerCheck, Transfer
from apps.organisations.models import CostCentre, Membership, Role
from apps.pricing.coming import coming_prices
from apps.pricing.models import Preset
from apps.pricing.selectors import find_rate, open_catalogue, rate_card
from apps.support.models import Case, Proposal, WalletNote
from apps.usage.denials import CODES
from apps.usage.models import Charge, DeniedAttempt
from apps.usage.traces import SHIPPED, open_trace
from apps.wallets.alerts import is_low
from apps.wallets.models import Wallet
from apps.wallets.selectors import view_wallet
from tests.demo.world import AT, load_prices, seed

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
each_house = pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.key)


@pytest.fixture(scope="module", autouse=True)
def said(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """What the command said; its world lasts for this module."""
    with django_db_blocker.unblock():
        load_prices()
        try:
            yield seed()
        finally:
            call_command("flush", interactive=False, verbosity=0)


def charges_of(house: House) -> QuerySet[Charge]:
    return Charge.objects.filter(organisation_wallet__owner_key=house.key)


def wallet_of(house: House) -> Wallet:
    return Wallet.objects.get(organisation__platform_id=house.key)


def this_month(house: House, key: str) -> QuerySet[Charge]:
    return Charge.objects.filter(wallet__owner_key=house.user(key), created_at__gte=AT.replace(day=1, hour=0))


def test_the_seed_ends_with_a_proof_that_holds(said: str) -> None:
    assert "The ledger holds." in said


def test_a_second_run_changes_nothing_and_is_quick() -> None:
    before = verify_ledger().counts
    began = time.monotonic()
    assert seed(AT + timedelta(hours=1)) == "The demo is there already.\n"
    assert time.monotonic() - began < 5
    assert verify_ledger().counts == before


@pytest.mark.parametrize(("key", "least"), [("aldermoor", 40), ("lingua", 25), ("pixelworks", 12)])
def test_each_organisation_has_members_in_every_role_and_some_who_left(key: str, least: int) -> None:
    members = Membership.objects.filter(organisation__platform_id=key)
    present = members.filter(ended_at=None)
    assert present.count() >= least
    assert set(present.values_list("role", flat=True)) == set(Role.values)
    assert members.filter(ended_at__isnull=False).exists()
    joined = {at.date() for at in present.values_list("joined_at", flat=True)}
    assert len(joined) >= 4  # it has grown


def test_everybody_has_a_name_and_an_address_of_their_own() -> None:
    users = User.objects.all()
    assert not users.filter(Q(name="") | Q(email="")).exists()
    assert len(set(users.values_list("email", flat=True))) == users.count()
    assert users.values("name").distinct().count() == users.count()


def test_cost_centres_lie_inside_each_other_and_are_spent_for() -> None:
    course = CostCentre.objects.get(platform_id="biology-101")
    assert course.kind == "course"
    assert course.parent is not None
    assert course.parent.parent is not None
    assert course.parent.parent.kind == "campus"
    for centre in CostCentre.objects.filter(children=None):
        assert Charge.objects.filter(cost_centre=centre).exists()


@each_house
def test_each_organisation_has_at_least_five_thousand_charges_in_a_year(house: House) -> None:
    charges = charges_of(house)
    assert charges.count() >= 5_000
    days = sorted({at.date() for at in charges.values_list("created_at", flat=True)})
    assert days[0] <= (AT - timedelta(days=358)).date()
    assert days[-1] == AT.date()
    assert not Charge.objects.filter(created_at__gt=AT).exists()
    assert not Transfer.objects.filter(at__gt=AT).exists()


@each_house
def test_usage_grows_and_knows_weekdays(house: House) -> None:
    times = list(charges_of(house).values_list("created_at", flat=True))
    first = sum(at < AT - timedelta(days=275) for at in times)
    last = sum(at > AT - timedelta(days=90) for at in times)
    assert last > first * 3 // 2
    weekdays = Counter(at.weekday() for at in times)
    assert weekdays[1] > 2 * weekdays[6]


def test_the_college_knows_holidays_terms_and_evenings() -> None:
    times = [at.astimezone(BERLIN) for at in charges_of(ALDERMOOR).values_list("created_at", flat=True)]

    def daily(first: date, last: date) -> float:
        return sum(first <= at.date() <= last for at in times) / ((last - first).days + 1)

    assert daily(date(2025, 12, 22), date(2026, 1, 5)) * 5 < daily(date(2026, 1, 8), date(2026, 2, 8))
    assert daily(date(2026, 8, 1), date(2026, 8, 31)) * 3 < daily(date(2026, 6, 1), date(2026, 6, 30))
    assert sum(at.hour >= 18 for at in times) * 3 > len(times)
    assert sum(2 <= at.hour < 6 for at in times) * 100 < len(times)


def test_conversations_are_requests_of_the_shipped_trace() -> None:
    requests = list(open_trace(SHIPPED).requests())
    read = [0, *accumulate(request.context_tokens for request in requests)]
    written = [0, *accumulate(request.generated_tokens for request in requests)]
    told = {
        (read[start + turns] - read[start], written[start + turns] - written[start])
        for start in range(6_000)
        for turns in range(6, 49)
    }
    talks = Charge.objects.filter(operation="chat", event_id__isnull=False)
    assert talks.count() > 3_000
    assert set(talks.values_list("model", flat=True)) == set(MODELS)
    for quantities in talks.values_list("quantities", flat=True)[:500]:
        assert (quantities["input_token"] // MICRO, quantities["output_token"] // MICRO) in told


def test_charges_stand_in_every_state() -> None:
    charges = Charge.objects.all()
    statuses = Counter(charges.values_list("status", flat=True))
    assert set(statuses) == set(Charge.Status.values)
    assert min(statuses.values()) >= 3
    collected = F("price_micro") - F("uncollected_micro")
    assert charges.filter(refunded_micro__gt=0, refunded_micro__lt=collected).exists()
    assert charges.filter(refunded_micro__gt=0, refunded_micro=collected).exists()
    assert charges.filter(uncollected_micro__gt=0, uncollected_micro__lt=F("price_micro")).exists()
    assert charges.filter(uncollected_micro__gt=0).count() * 50 < charges.count()
    assert charges.filter(used__isnull=False).exists()  # a session that was extended


def test_every_bucket_holds_tokens_and_has_paid() -> None:
    paying = {draw[2] for draws in Charge.objects.values_list("draws", flat=True) for draw in draws}
    assert paying == {"free", "allocated", "earned", "purchased"}
    kinds = Account.objects.filter(holder_id__gt=0, balance__gt=0).values_list("kind", flat=True)
    assert set(kinds) == paying


def test_one_wallet_is_unlimited_and_below_zero_and_one_is_frozen() -> None:
    unlimited = Wallet.objects.get(unlimited=True)
    assert view_wallet("organisation", unlimited.owner_key, at=AT).total < 0
    frozen = Wallet.objects.get(frozen=True)
    audit = AuditRecord.objects.get(action="wallet.freeze", subject=f"user:{frozen.owner_key}")
    assert audit.reason


def test_somebody_was_refused_for_every_reason() -> None:
    assert set(DeniedAttempt.objects.values_list("code", flat=True)) == CODES


@each_house
def test_in_each_organisation_a_limit_is_near_and_one_is_reached(house: House) -> None:
    states = Counter(limit.state for limit in limits_of_organisation(house.key, at=AT))
    assert min(states["near"], states["reached"], states["within"]) >= 1


def test_tokens_were_allocated_reclaimed_and_credited_with_reasons() -> None:
    directions = Counter(Allocation.objects.values_list("direction", flat=True))
    assert set(directions) == set(Allocation.Direction.values)
    assert not Allocation.objects.filter(note="").exists()
    credits = Transfer.objects.filter(kind__in=["promotion", "migration"])
    assert credits.values("note").distinct().count() >= 10
    assert not credits.filter(note="").exists()


@each_house
def test_the_learner_has_spent_holds_got_a_refund_and_keeps_a_budget(house: House) -> None:
    charges = this_month(house, "learner")
    assert charges.filter(status="captured").count() >= 5
    assert charges.filter(status="held", expires_at__gt=AT).exists()
    assert charges.filter(refunded_micro__gt=0).exists()
    assert PersonalBudget.objects.filter(user__platform_id=house.user("learner")).exists()
    budget = budget_of(house.user("learner"), organisation=house.key, at=AT)
    assert 0 < budget.personal.spent < (budget.personal.tokens or 0)


@each_house
def test_the_teacher_is_near_a_weekly_limit(house: House) -> None:
    limits = budget_of(house.user("teacher"), organisation=house.key, at=AT).limits
    assert ("week", "near") in {(limit.period, limit.state) for limit in limits}


@each_house
def test_the_owner_has_days_left_or_pays_afterwards(house: House) -> None:
    wallet = view_wallet("organisation", house.key, at=AT)
    spent = charges_of(house).filter(created_at__gte=AT - timedelta(days=30), status="captured")
    monthly = spent.aggregate(sum=Sum("price_micro"))["sum"]
    assert wallet.unlimited or 0 < wallet.available < monthly


def test_everybody_announced_can_log_in_and_staff_have_their_roles() -> None:
    request = RequestFactory().post("/accounts/login/")
    addresses = [f"{who}@{house.key}.example" for house in HOUSES for who in ("owner", "teacher", "learner")]
    for address in addresses:
        user = authenticate(request, email=address, password=EVERYBODY_SAYS)
        assert isinstance(user, User)
        assert not user.is_staff
    for key, _, group in STAFF:
        user = authenticate(request, email=f"{key}@scrip.example", password=EVERYBODY_SAYS)
        assert isinstance(user, User)
        assert user.is_staff
        assert user.is_superuser == (not group)
        assert list(user.groups.values_list("name", flat=True)) == ([group] if group else [])


def test_the_books_were_proved_and_the_platform_has_just_called() -> None:
    checks = LedgerCheck.objects.order_by("started_at")
    assert [check.state for check in checks] == ["holds"] * 2
    last = ApiKey.objects.filter(client__name=PLATFORM).order_by("-created_at")[0].last_used_at
    assert isinstance(last, datetime)
    assert AT - last < timedelta(minutes=5)


def test_cases_are_open_waiting_and_solved_with_answers() -> None:
    assert set(Case.objects.values_list("state", flat=True)) == set(Case.State.values)
    assert Case.objects.filter(state="open", owner=None).exists()
    assert Case.objects.filter(state="open", owner__isnull=False).exists()
    for case in Case.objects.filter(state="solved"):
        assert case.entries.filter(from_staff=True, kind="message").exists()


def test_an_adjustment_is_done_and_others_wait_for_a_second_person() -> None:
    adjustments = Proposal.objects.filter(kind="adjust_wallet")
    assert adjustments.filter(state="executed", transfer_number__isnull=False).exists()
    waiting = adjustments.filter(state="open", needs_second=True)
    assert set(waiting.values_list("requested_by__platform_id", flat=True)) == {"support", "finance"}
    assert adjustments.filter(state="declined").exists()
    assert WalletNote.objects.count() >= 2


def test_prices_are_coming_and_calculations_are_kept() -> None:
    for book in ("campus", "studio"):
        assert coming_prices(open_catalogue(), rate_card(price_book=book, at=AT), AT)
    for preset in Preset.objects.all():
        find_rate(
            price_book=preset.operation.price_book_id,
            operation=preset.operation.code,
            model=preset.model or None,
            at=AT,
        )
    assert Preset.objects.count() >= 3


def test_owners_asked_to_be_told_and_one_wallet_is_low() -> None:
    told = Wallet.objects.filter(owner_type="organisation", alert_below_micro__isnull=False)
    left = {w.owner_key: view_wallet("organisation", w.owner_key, at=AT).available for w in told}
    low = {w.owner_key for w in told if is_low(left[w.owner_key], w.alert_below_micro)}
    assert low < set(left)


def test_nobody_is_asked_for_more_than_the_pages_are_made_for() -> None:
    busiest = Charge.objects.values("wallet").annotate(count=Count("id")).order_by("-count")[0]
    assert busiest["count"] < 1_500
