"""Default limits of new organisations, caps that move, alerts for members."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.allocations.alerts import set_alert, set_member_alert
from apps.allocations.capping import move_cap
from apps.allocations.defaults import open_organisation, set_default_limit
from apps.allocations.leaving import remove_member
from apps.allocations.models import SpendingLimit
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import InvalidState, ValidationError
from apps.core.units import MICRO
from apps.events.models import Event
from apps.identity.models import AuditRecord, User
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.usage.changing import release_charge
from apps.wallets.models import Wallet
from tests.cast import AT, a_member, an_organisation
from tests.counting import counted_queries
from tests.usage.charging import charge, left, limit


def default(period: str, tokens: int | None) -> None:
    micro = None if tokens is None else tokens * MICRO
    set_default_limit(period=period, tokens=micro, actor="tests", at=AT)


def caps(key: str) -> dict[str, int | None]:
    rows = SpendingLimit.objects.filter(organisation__platform_id=key)
    return {row.period: row.tokens_micro and row.tokens_micro // MICRO for row in rows}


def test_a_new_organisation_begins_with_the_platforms_limits(school: Organisation) -> None:
    default("day", 100)
    default("month", 2_000)
    open_organisation(key="new", fields={"name": "New"}, at=AT)
    assert caps("new") == {"day": 100, "month": 2_000}
    assert caps("school") == {}


def test_a_changed_default_leaves_who_is_there_alone(school: Organisation) -> None:
    default("day", 100)
    open_organisation(key="new", fields={}, at=AT)
    default("day", None)
    open_organisation(key="new", fields={"name": "Newer"}, at=AT)
    open_organisation(key="newest", fields={}, at=AT)
    assert (caps("new"), caps("newest")) == ({"day": 100}, {})


def test_zero_is_a_default_that_lets_nothing_be_spent(school: Organisation) -> None:
    default("total", 0)
    open_organisation(key="new", fields={}, at=AT)
    assert SpendingLimit.objects.get().tokens_micro == 0


@pytest.mark.parametrize(("period", "tokens"), [("year", 1), ("day", -1), ("day", 10**13)])
def test_an_impossible_default_is_refused(school: Organisation, period: str, tokens: int) -> None:
    with pytest.raises(ValidationError):
        default(period, tokens)


def test_cap_moves_from_one_cost_centre_to_another(school: Organisation) -> None:
    _two_centres(school)
    _move(school, "lab", "club", 30)
    caps_now = {row.subject_key: row.tokens_micro for row in SpendingLimit.objects.all()}
    assert caps_now == {"lab": 70 * MICRO, "club": 80 * MICRO}
    assert AuditRecord.objects.filter(action="limit.set").count() == 4


@pytest.mark.parametrize(
    ("giver", "taker", "tokens", "problem"),
    [
        ("lab", "lab", 1, ValidationError),
        ("lab", "club", 101, ValidationError),
        ("lab", "club", 0, ValidationError),
        ("lab", "none", 1, InvalidState),
    ],
)
def test_a_move_that_cannot_be_changes_no_cap(
    school: Organisation, giver: str, taker: str, tokens: int, problem: type[Exception]
) -> None:
    _two_centres(school)
    with pytest.raises(problem):
        _move(school, giver, taker, tokens)
    assert sorted(row.tokens_micro or 0 for row in SpendingLimit.objects.all()) == [50 * MICRO, 100 * MICRO]


def _two_centres(school: Organisation) -> None:
    for key, cap in (("lab", "100"), ("club", "50")):
        set_cost_centre(organisation=school, key=key, name=key, kind="project", parent=None, actor="t", at=AT)
        limit(school, f"cost_centre {key}", "month", cap)


def _move(school: Organisation, giver: str, taker: str, tokens: int) -> None:
    move_cap(
        organisation=school,
        giver=giver,
        taker=taker,
        period="month",
        tokens=tokens * MICRO,
        actor="tests",
        at=AT,
    )


def low() -> int:
    """How often somebody was to be told of a low balance."""
    return Event.objects.filter(kind="wallet.low").count()


def threshold(school: Organisation, below: int | None) -> None:
    micro = None if below is None else below * MICRO
    set_member_alert(organisation=school, below=micro, actor="tests", at=AT)


def test_a_crossing_is_told_once_however_much_is_spent_below(school: Organisation) -> None:
    threshold(school, 150)
    charge("ada", "50", organisation=None)
    assert low() == 0
    charge("ada", "1", organisation=None)
    charge("ada", "60", organisation=None)
    assert low() == 1


def test_a_hold_tells_nobody_until_it_is_captured(school: Organisation) -> None:
    threshold(school, 150)
    for _ in range(2):
        held = charge("ada", "100", organisation=None, capture=False)
        release_charge(held.id, at=AT)
    assert low() == 0


def test_a_members_own_threshold_comes_before_the_organisations(school: Organisation) -> None:
    threshold(school, 150)
    wallet = Wallet.objects.get(owner_key="ada").pk
    set_alert(wallet_id=wallet, below=20 * MICRO, actor="user:ada", at=AT)
    charge("ada", "100", organisation=None)
    assert low() == 0
    charge("ada", "81", organisation=None)
    assert low() == 1
    set_alert(wallet_id=wallet, below=None, actor="user:ada", at=AT)
    assert Wallet.objects.get(pk=wallet).watch_micro == 150 * MICRO


def test_who_joins_is_watched_and_who_leaves_is_not(school: Organisation) -> None:
    threshold(school, 150)
    dan = a_member(school, "dan")
    assert Wallet.objects.get(user=dan).watch_micro == 150 * MICRO
    remove_member(organisation=school, user=dan, actor="t", at=AT)
    assert Wallet.objects.get(user=dan).watch_micro is None


def test_every_threshold_of_several_organisations_is_watched(school: Organisation) -> None:
    other = an_organisation("other")
    ada = User.objects.get(platform_id="ada")
    a_member(other, "ada")

    def watched() -> tuple[int, list[int] | None]:
        wallet = Wallet.objects.get(user=ada)
        assert wallet.watch_micro is not None
        return wallet.watch_micro, wallet.watch_lower

    threshold(school, 50)
    threshold(other, 90)
    assert watched() == (90 * MICRO, [50 * MICRO])
    charge("ada", "111", organisation=None)
    charge("ada", "10", organisation=None)
    assert low() == 1
    charge("ada", "30", organisation=None)
    assert low() == 2
    threshold(other, None)
    assert watched() == (50 * MICRO, None)
    assert left("ada") == {"free": "49"}


def _members_limits(people: list[str], tokens: int | None, *, remove: bool = False) -> None:
    changes = [
        LimitChange(SubjectRef("member", key), "week", None if tokens is None else tokens * MICRO, remove)
        for key in people
    ]
    set_limits(organisation=Organisation.objects.get(), changes=changes, actor="tests", at=AT)


def test_limits_of_many_take_as_many_queries_as_those_of_one(school: Organisation) -> None:
    for number in range(60):
        a_member(school, f"m{number}")
    many = [f"m{number}" for number in range(60)]
    with counted_queries() as one:
        _members_limits(["ada"], 5)
    with counted_queries() as all_of_them:
        _members_limits(many, 5)
    with counted_queries() as back:
        _members_limits([*many, "bob"], None, remove=True)
    assert all_of_them[0] == one[0]
    assert back[0] <= one[0] + 1
    assert SpendingLimit.objects.get().subject_key == "ada"
    assert AuditRecord.objects.filter(action="limit.set").count() == 61
    assert AuditRecord.objects.filter(action="limit.remove").count() == 60


def test_a_limit_that_stays_keeps_the_day_on_which_it_was_set(school: Organisation) -> None:
    _members_limits(["ada", "bob"], 5)
    changes = [
        LimitChange(SubjectRef("member", "ada"), "week", 5 * MICRO),
        LimitChange(SubjectRef("member", "bob"), "week", 6 * MICRO),
    ]
    set_limits(organisation=school, changes=changes, actor="later", at=AT + timedelta(days=1))
    rows = {row.subject_key: row for row in SpendingLimit.objects.all()}
    assert (rows["ada"].set_at, rows["ada"].set_by) == (AT, "tests")
    assert (rows["bob"].set_at, rows["bob"].set_by) == (AT + timedelta(days=1), "later")
    assert AuditRecord.objects.filter(action="limit.set", actor="later").count() == 1
