"""Everything the staff's start page shows, read at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.core.action_words import action_name
from apps.core.charts import Point, TimeChart, time_chart
from apps.identity.models import AuditRecord, User
from apps.staff.proving import ProofPage, load_proof
from apps.staff.start_page.attention import Line, find_attention
from apps.staff.start_page.days import Day, load_days
from apps.staff.wording import bucket_name, denial_name

ACTIONS = 8
OWED = "owed"
"""What the check calls balances below zero, of wallets that are paid for afterwards."""
LOOKED_THROUGH = 2000
"""So many of the latest records are looked through for those of staff."""


@dataclass(frozen=True, slots=True)
class DeniedLine:
    """How often something was denied for one reason, today and on a usual day."""

    name: str
    today: int
    usual: str
    url: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Micro-tokens with a name."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody of the staff did."""

    id: int
    who: str
    action: str
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page at an instant; `read_at` is when today's figures were summed."""

    at: datetime
    attention: tuple[Line, ...]
    proof: ProofPage
    outstanding: tuple[Amount, ...]
    owed: int
    outstanding_at: datetime | None
    today: Day
    usual_spent: int
    usual_charges: int
    usual_credited: int
    chart: TimeChart
    denied: tuple[DeniedLine, ...]
    actions: tuple[Action, ...]
    last_visit: datetime | None

    @property
    def outstanding_sum(self) -> int:
        return sum(line.amount for line in self.outstanding)

    @property
    def outstanding_places(self) -> int:
        return figures.column_places([line.amount for line in self.outstanding])

    @property
    def title(self) -> str:
        count = len(self.attention)
        if not count:
            return _("Nothing needs attention")
        return ngettext("%(count)s thing needs attention", "%(count)s things need attention", count) % {
            "count": figures.count(count)
        }


def load_start_page(user: User, *, at: datetime) -> StartPage:
    """The page for somebody of the staff; at most nine queries, none over a whole table."""
    proof = load_proof(at=at)
    *whole, today = load_days(at=at)
    counted = {kind: balance for kind, (balance, _held) in proof.outstanding.items()}
    owed = -counted.pop(OWED, 0)
    return StartPage(
        at=at,
        attention=tuple(find_attention(proof, at=at)),
        proof=proof,
        outstanding=tuple(Amount(bucket_name(kind), balance) for kind, balance in counted.items()),
        owed=owed,
        outstanding_at=proof.last.started_at if proof.last else None,
        today=today,
        usual_spent=_usual([day.spent for day in whole]),
        usual_charges=_usual([day.charges for day in whole]),
        usual_credited=_usual([day.credited for day in whole]),
        chart=_chart(whole, today),
        denied=tuple(_denied(whole, today)),
        actions=_actions(),
        last_visit=user.last_login,
    )


def _usual(values: Sequence[int]) -> int:
    return sum(values) // len(values) if values else 0


def _chart(whole: Sequence[Day], today: Day) -> TimeChart:
    points = [
        Point(
            figures.day_name(day.day),
            figures.day_name(day.day),
            day.spent,
            running=day is today,
            uses=day.charges,
        )
        for day in (*whole, today)
    ]
    words = {
        "today": figures.figure(today.spent, 0),
        "usual": figures.figure(_usual([day.spent for day in whole]), 0),
    }
    return time_chart(
        points,
        title=_("%(today)s tokens spent so far today, %(usual)s on a usual day") % words,
        note=_("Tokens charged by UTC day of the charge, refunds taken off."),
        head=_("Day"),
    )


def _denied(whole: Sequence[Day], today: Day) -> list[DeniedLine]:
    codes = sorted({code for day in (*whole, today) for code in day.denied})
    begin = datetime.combine(today.day, time.min, UTC).isoformat()
    root = reverse("admin:usage_deniedattempt_changelist")
    lines = []
    for code in codes:
        tenths = sum(day.denied.get(code, 0) for day in whole) * 10 // max(len(whole), 1)
        usual = figures.count(tenths // 10) if tenths >= 10 or not tenths else _("under 1")
        lines.append(
            DeniedLine(
                denial_name(code),
                today.denied.get(code, 0),
                usual,
                f"{root}?code={code}&since={begin[:10]}",
            )
        )
    return sorted(lines, key=lambda line: -line.today)


def _actions() -> tuple[Action, ...]:
    """What staff did lately: of the latest records those whose actor is on the staff."""
    names = {
        f"user:{key}": name or key
        for key, name in User.objects.filter(is_staff=True).values_list("platform_id", "name")
    }
    highest = AuditRecord.objects.aggregate(highest=Max("id"))["highest"] or 0
    rows = AuditRecord.objects.filter(pk__gt=highest - LOOKED_THROUGH, actor__in=names).order_by("-at", "-id")
    return tuple(
        Action(row.pk, names[row.actor], action_name(row.action), row.subject, row.reason, row.at)
        for row in rows[:ACTIONS]
    )
