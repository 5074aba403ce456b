"""What the demo's houses have hosted: campuses, courses and files that grow, and their monthly bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from apps.core.units import MICRO
from apps.demo.houses import ALDERMOOR, LINGUA, PIXELWORKS, SPENT, House
from apps.demo.past import Past
from apps.events.outbox import deliver
from apps.hosting.models import Bill
from apps.hosting.reporting import Reported, end_resource, report_resource
from apps.hosting.running import start_due_billing
from apps.hosting.settling import mark_overdue
from apps.hosting.voiding import void_bill
from apps.jobs.working import carry_out
from apps.wallets.resetting import start_due_reset

_MB = 10**6


@dataclass(frozen=True, slots=True)
class Hosted:
    """A resource: members at the beginning and at the end, megabytes at the beginning and at the end, from
    and until which day of the year it is there."""

    house: House
    kind: str
    key: str
    name: str
    members: tuple[int, int]
    megabytes: tuple[int, int]
    begins: int = 0
    ends: int | None = None
    user: str = ""
    with_house: House | None = None
    """Who bears a third of it."""


HOSTED: tuple[Hosted, ...] = (
    Hosted(ALDERMOOR, "campus", "north", "North Campus", (21, 34), (2_400, 9_800)),
    Hosted(ALDERMOOR, "campus", "riverside", "Riverside Campus", (6, 14), (600, 4_100), begins=120),
    Hosted(ALDERMOOR, "course", "biology-101", "Biology 101", (12, 19), (400, 2_600)),
    Hosted(ALDERMOOR, "course", "statistics", "Statistics for everyone", (9, 15), (150, 900)),
    Hosted(ALDERMOOR, "course", "ethics", "Ethics of AI", (7, 11), (90, 700), begins=40),
    Hosted(ALDERMOOR, "course", "chemistry-lab", "Chemistry lab", (8, 12), (300, 3_800), begins=130),
    Hosted(ALDERMOOR, "course", "summer-chemistry", "Summer chemistry", (6, 6), (200, 300), 200, 262),
    Hosted(ALDERMOOR, "session", "open-lecture", "Open lecture", (60, 90), (80, 240), begins=250),
    Hosted(ALDERMOOR, "course", "poetry", "Poetry notebook", (4, 7), (900, 3_200), user="learner"),
    Hosted(LINGUA, "campus", "evening-school", "Evening school", (18, 24), (700, 3_900)),
    Hosted(LINGUA, "course", "spanish-a1", "Spanish A1", (9, 12), (200, 1_300)),
    Hosted(LINGUA, "course", "spanish-b1", "Spanish B1", (6, 9), (150, 900)),
    Hosted(LINGUA, "course", "french-a2", "French A2", (5, 8), (120, 800), begins=60),
    Hosted(LINGUA, "course", "conversation", "Conversation club", (6, 10), (60, 400), begins=170),
    Hosted(
        LINGUA,
        "course",
        "archive",
        "Recordings of all lessons",
        (0, 0),
        (60_000, 96_000),
        280,
        user=SPENT.key,
    ),
    Hosted(LINGUA, "course", "exchange", "Exchange year", (6, 12), (200, 1_500), 190, with_house=ALDERMOOR),
    Hosted(PIXELWORKS, "task", "showreel", "Showreel 2026", (0, 0), (12_000, 31_000), begins=30),
    Hosted(PIXELWORKS, "course", "onboarding", "Onboarding", (8, 12), (300, 700)),
)


def plan_hosting(past: Past, first: date, days: int) -> None:
    """Plan reports every week, the turns of months, and what went wrong once; days are of a whole year."""
    for number in range(0, days, 7):
        at = datetime.combine(first + timedelta(days=number), time(6, 40), UTC)
        past.plan(at, partial(_report, number * 365 // days))
    for number in range(days + 1):
        day = first + timedelta(days=number)
        for hour in (1, 6) if day.day == 1 else ():
            past.plan(datetime.combine(day, time(hour), UTC), _turn)
        past.plan(datetime.combine(day, time(20, 30), UTC), _settle)
    for number, happening in ((215, _report_late), (345, _void)):
        at = datetime.combine(first + timedelta(days=number * days // 365), time(10, 5), UTC)
        past.plan(at, happening)


def _report(told: int, at: datetime) -> None:
    """What the platform measured this week."""
    for hosted in HOSTED:
        if hosted.begins <= told:
            _report_one(hosted, told, at)


def _report_one(hosted: Hosted, told: int, at: datetime) -> None:
    key = f"{hosted.house.key}-{hosted.key}"
    if hosted.ends is not None and told >= hosted.ends:
        if told < hosted.ends + 14:
            end_resource(kind=hosted.kind, key=key, since=None, actor="api:platform", at=at)
        return
    part = min((told - hosted.begins) / max(340 - hosted.begins, 1), 1.0)
    owner = ("user", hosted.house.user(hosted.user)) if hosted.user else ("organisation", hosted.house.key)
    shares: Sequence[tuple[tuple[str, str], int]] = ()
    if hosted.with_house is not None:
        shares = ((owner, 2 * MICRO), (("organisation", hosted.with_house.key), MICRO))
    reported = Reported(
        owner=owner,
        members=_between(hosted.members, part),
        stored_bytes=_between(hosted.megabytes, part) * _MB,
        name=hosted.name,
        shares=shares,
    )
    report_resource(kind=hosted.kind, key=key, reported=reported, actor="api:platform", at=at)


def _between(ends: tuple[int, int], part: float) -> int:
    return ends[0] + round((ends[1] - ends[0]) * part)


def _turn(at: datetime) -> None:
    """The night of the 1st: cycles begin, then the month before is billed, as far as it has ended."""
    for run in (start_due_reset(at=at), start_due_billing(at=at)):
        if run is not None:
            carry_out(run, clock=lambda: at + timedelta(seconds=2))


def _settle(at: datetime) -> None:
    deliver(seconds=5, clock=lambda: at)
    mark_overdue(at=at)


def _report_late(at: datetime) -> None:
    """A lecturer had been counted twice since the month before."""
    since = (at.replace(day=1) - timedelta(days=12)).replace(hour=0)
    reported = Reported(("organisation", ALDERMOOR.key), 10, 2_200 * _MB, since=since)
    report_resource(
        kind="course", key="aldermoor-chemistry-lab", reported=reported, actor="api:platform", at=at
    )


def _void(at: datetime) -> None:
    """Finance lets the studio off a bill for files that it had deleted."""
    bill = Bill.objects.filter(resource__platform_id="pixelworks-showreel").order_by("-month").first()
    if bill is not None:
        reason = "Deleted before the month began; the report was missing"
        void_bill(bill_id=bill.pk, reason=reason, actor="user:finance", at=at)
