"""How the demo's houses are run: plans, caps, people of cost centres, requests, what repeats, invitations."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.allocations.bars import set_bar
from apps.allocations.inviting import Guest, invite
from apps.allocations.recurring import repeat_allocation
from apps.allocations.requests import LimitName, ask_for_more, decide_request
from apps.allocations.rules import SubjectRef
from apps.core.periods import day_start
from apps.core.units import MICRO
from apps.demo import people, rules, standing
from apps.demo.houses import ALDERMOOR, LINGUA, PIXELWORKS, House
from apps.demo.past import Past
from apps.organisations.models import CostCentre
from apps.organisations.services import set_people
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.usage.postpaid import book_payment, issue_due_statements

PLANS = (
    ("starter", "school", PlanTerms("Starter", 1_900, "month", 100)),
    ("team", "school", PlanTerms("Team", 4_900, "month", 500)),
    ("campus-year", "campus", PlanTerms("Campus", 99_000, "year", 12_000, 2_000 * MICRO)),
    ("studio", "studio", PlanTerms("Studio", 9_900, "month", 2_000, 1_000 * MICRO)),
)
CAPS = ((ALDERMOOR, "sciences", 3_400), (ALDERMOOR, "literature", 1_500), (ALDERMOOR, "statistics-2", 1_400))


def plan_running(past: Past) -> None:
    """Plan it, from the beginning of the month to an hour ago."""
    month = day_start(standing.begun(LINGUA, "month", past.now), LINGUA.time_zone)
    past.plan(min(month, past.now - timedelta(minutes=90)), _take_a_plan)
    past.plan(past.now - timedelta(minutes=80), _settle_in)
    past.plan(past.now - timedelta(minutes=70), _ask_and_decide)
    past.plan(past.now - timedelta(minutes=60), _ask_for_payment)
    past.plan(past.now - timedelta(minutes=1), _ask_again)


def _take_a_plan(at: datetime) -> None:
    """Staff define the plans; the school of languages has one."""
    for code, book, terms in PLANS:
        define_plan(
            code=code, price_book=book, terms=terms, actor="user:staff", at=at, reason="Offer of 2026"
        )
    organisation = people.organisation_of(LINGUA)
    assign_plan(
        organisation=organisation, code="team", actor="user:staff", at=at, reason="As agreed by phone"
    )


def _settle_in(at: datetime) -> None:
    """Caps and people of cost centres, who receives nothing, what repeats, who is invited."""
    for house, key, tokens in CAPS:
        rules.limit(house, SubjectRef("cost_centre", key), "month", tokens, at)
    college = people.organisation_of(ALDERMOOR)
    for key, names in (
        ("statistics-2", ("jonas.keller", "mei.lin.zhao", "samir.haddad", "hannah.brunner")),
        ("literature", ("learner", "claire.dubois", "greta.lindholm", "theo.baumann")),
    ):
        centre = CostCentre.objects.select_related("organisation").get(organisation=college, platform_id=key)
        set_people(
            centre=centre, users=[ALDERMOOR.user(name) for name in names], actor=ALDERMOOR.owner, at=at
        )
    set_bar(
        organisation=college, subject=SubjectRef("role", "billing"), barred=True, actor=ALDERMOOR.owner, at=at
    )
    _repeat(ALDERMOOR, SubjectRef("cost_centre", "literature"), "top_up", 200, 1, "Reading weeks", at)
    _repeat(PIXELWORKS, SubjectRef("role", "member"), "add", 150, 15, "Free projects", at)
    guests = [
        Guest("nadia.fischer@aldermoor.example", "teacher", "Nadia Fischer"),
        Guest("tom.okonkwo@aldermoor.example", "member", "Tom Okonkwo", 100 * MICRO),
    ]
    invite(organisation=college, guests=guests, actor=ALDERMOOR.owner, at=at)


def _repeat(
    house: House, subject: SubjectRef, mode: str, tokens: int, day: int, note: str, at: datetime
) -> None:
    repeat_allocation(
        organisation=people.organisation_of(house),
        subject=subject,
        mode=mode,
        tokens=tokens * MICRO,
        every="month",
        day=day,
        note=note,
        actor=house.owner,
        at=at,
    )


def _ask_and_decide(at: datetime) -> None:
    """A teacher asked before, and was granted some."""
    organisation = people.organisation_of(ALDERMOOR)
    user = people.user_of(ALDERMOOR, "teacher")
    asked = ask_for_more(
        organisation=organisation,
        user=user,
        name=LimitName(SubjectRef("member"), "month"),
        tokens=300 * MICRO,
        reason="Feedback on forty lab reports before the holidays",
        at=at,
    )
    decide_request(
        organisation=organisation,
        request_id=asked.pk,
        answer="granted",
        tokens=200 * MICRO,
        word="Half now, the rest in December",
        actor=ALDERMOOR.owner,
        at=at + timedelta(minutes=4),
    )


def _ask_for_payment(at: datetime) -> None:
    """The studio pays afterwards: its statements are there, and the first was paid."""
    made = issue_due_statements(at=at)
    if made:
        book_payment(
            wallet_id=made[0].wallet_id,
            tokens=made[0].tokens_micro or MICRO,
            reference="Invoice 2026-0117",
            actor="user:finance",
            at=at + timedelta(minutes=9),
        )


def _ask_again(at: datetime) -> None:
    """Who has a limit of their own asks for more, and nobody has decided yet."""
    ask_for_more(
        organisation=people.organisation_of(LINGUA),
        user=people.user_of(LINGUA, "teacher"),
        name=LimitName(SubjectRef("member"), "week"),
        tokens=400 * MICRO,
        reason="Two exam groups this week, forty essays each",
        at=at,
    )
    first = standing.begun(ALDERMOOR, "month", at)
    for user in standing.most_spent(ALDERMOOR, first)[:6]:
        key = user.removeprefix(f"{ALDERMOOR.key}.")
        if key not in ("teacher", "learner"):
            ask_for_more(
                organisation=people.organisation_of(ALDERMOOR),
                user=people.user_of(ALDERMOOR, key),
                name=LimitName(SubjectRef("member"), "month"),
                tokens=250 * MICRO,
                reason="Interviews for the thesis",
                at=at,
            )
            break
