"""The bills of a wallet: what is blocked and how to lift it, the month so far, and the months before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.errors import ValidationError
from apps.core.periods import Calendar, month_of, zone
from apps.core.units import MICRO
from apps.hosting.bills import UNPAID
from apps.hosting.entitlements import Overdue
from apps.hosting.explaining import gigabytes, kind_name, share_words, state_name
from apps.hosting.lines import CORRECTION, HOSTING, STORAGE, MonthCost
from apps.hosting.measuring import Use
from apps.hosting.models import Bill
from apps.hosting.selectors import Accruing, accruing_of, state_at
from apps.portal.holdings import Holding, Shell
from apps.portal.paging import page_number
from apps.wallets.models import Wallet
from apps.wallets.state import ALLOCATED, WalletState

MOST_ACCRUING = 40
PER_PAGE = 100
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class AccruingRow:
    """A resource in the month under way: whole tokens so far and for the whole month, as micro-tokens."""

    title: str
    kind: str
    so_far: int
    whole: int
    why: str


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """The month under way, from its begin to now and, if nothing changes, to its end."""

    month: date
    ends: str
    rows: tuple[AccruingRow, ...]
    more: int
    so_far: int
    whole: int
    storage: str
    waiting: tuple[str, ...]
    """Months that have ended and are not billed yet."""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month with bills: how many, micro-tokens in all, and how many are not paid."""

    month: date
    count: int
    tokens: int
    unpaid: int
    chosen: bool

    @property
    def query(self) -> str:
        return f"?month={self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class BillRow:
    """One bill in the list; amounts are micro-tokens."""

    id: int
    title: str
    kind: str
    hosting: int
    storage: int
    corrections: int
    tokens: int
    state: str

    @property
    def number(self) -> str:
        return f"B-{self.id}"

    @property
    def state_name(self) -> str:
        return state_name(self.state)


@dataclass(frozen=True, slots=True)
class Blocked:
    """What is blocked since when, and how many micro-tokens must come in to lift it."""

    count: int
    tokens: int
    since: date
    missing: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class BillsPage:
    """Amounts are micro-tokens, times are shown in `zone`. `due_on` is when the first unpaid bill is due."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    blocked: Blocked | None
    unpaid: int
    due_on: date | None
    accruing: MonthSoFar | None
    months: tuple[MonthRow, ...]
    month: date | None
    bills: tuple[BillRow, ...]
    total: int
    page: int
    more: bool

    @property
    def has_corrections(self) -> bool:
        return any(bill.corrections for bill in self.bills)

    @property
    def worth(self) -> str:
        return self.money(self.total)

    def money(self, micro: int) -> str:
        return figures.money(micro, self.holding.token_price_minor, self.holding.currency)

    @property
    def url(self) -> str:
        return bills_url(self.holding)

    @property
    def calculator_url(self) -> str:
        return reverse("calculator")


def bills_url(holding: Holding) -> str:
    """The page of a wallet's bills."""
    return reverse("bills") if holding.is_own else reverse("organisation_bills", args=[holding.slug])


def title_of(name: str, key: str) -> str:
    """How a resource is called on pages."""
    return name or key


def load_bills_page(holding: Holding, shell: Shell, asked: Mapping[str, str]) -> BillsPage:
    """The page: seven queries beside the shell's."""
    state, at = shell.desk.wallets[holding.wallet_id], shell.at
    calendar = state.calendar
    wallet = Wallet.objects.get(pk=holding.wallet_id)
    months = _months(holding.wallet_id)
    month = _chosen(asked.get("month", ""), months)
    page = page_number(asked)
    bills = _bills(holding.wallet_id, month, page, at) if month else []
    unpaid = Bill.objects.filter(payer_id=holding.wallet_id, state__in=UNPAID).aggregate(
        tokens=Sum("tokens_micro"), due=Min("due_at")
    )
    accruing = accruing_of(wallet, at=at)
    return BillsPage(
        holding=holding,
        at=at,
        zone=zone(calendar.zone_at(at)),
        blocked=_blocked(holding.overdue, state),
        unpaid=int(unpaid["tokens"] or 0),
        due_on=calendar.day_of(unpaid["due"]) if unpaid["due"] else None,
        accruing=None if accruing is None else _so_far(accruing, calendar, at),
        months=tuple(
            MonthRow(row["month"], row["count"], int(row["tokens"]), row["unpaid"], row["month"] == month)
            for row in months
        ),
        month=month,
        bills=tuple(bills[:PER_PAGE]),
        total=next((int(row["tokens"]) for row in months if row["month"] == month), 0),
        page=page,
        more=len(bills) > PER_PAGE,
    )


def _months(wallet_id: int) -> list[dict[str, Any]]:
    bills = Bill.objects.filter(payer_id=wallet_id)
    found = (
        bills.values("month")
        .annotate(
            count=Count("id"),
            tokens=Sum("tokens_micro", filter=~Q(state=Bill.State.VOID), default=0),
            unpaid=Count("id", filter=Q(state__in=UNPAID)),
        )
        .order_by("-month")
    )
    return [dict(row) for row in found[:MOST_MONTHS]]


def _chosen(asked: str, months: Sequence[Mapping[str, Any]]) -> date | None:
    """The month asked for, if it has bills, else the latest."""
    try:
        wanted = month_of(asked)
    except ValidationError:
        wanted = None
    known = [row["month"] for row in months]
    return wanted if wanted in known else next(iter(known), None)


def _bills(wallet_id: int, month: date, page: int, at: datetime) -> list[BillRow]:
    start = (page - 1) * PER_PAGE
    rows = (
        Bill.objects.filter(payer_id=wallet_id, month=month)
        .select_related("resource")
        .order_by("-tokens_micro", "id")[start : start + PER_PAGE + 1]
    )
    return [row_of(bill, at) for bill in rows]


def row_of(bill: Bill, at: datetime) -> BillRow:
    """A bill as it stands in a list."""
    parts = {HOSTING: 0, STORAGE: 0, CORRECTION: 0}
    for line in bill.lines:
        parts[line["kind"]] += int(line["tokens"]) * MICRO
    resource = bill.resource
    return BillRow(
        bill.pk,
        title_of(resource.name, resource.platform_id),
        kind_name(resource.kind),
        parts[HOSTING],
        parts[STORAGE],
        parts[CORRECTION],
        bill.tokens_micro,
        state_at(bill, at),
    )


def _blocked(overdue: Overdue | None, wallet: WalletState) -> Blocked | None:
    if overdue is None:
        return None
    own = sum(bucket.available for bucket in wallet.buckets.values() if bucket.kind != ALLOCATED)
    missing = max(overdue.tokens - max(own, 0), 0)
    since = wallet.calendar.day_of(overdue.due_at)
    return Blocked(overdue.count, overdue.tokens, since, missing, wallet.frozen)


def _so_far(accruing: Accruing, calendar: Calendar, at: datetime) -> MonthSoFar:
    so_far = accruing.so_far.by_resource()
    whole = accruing.whole.by_resource()
    rows = sorted(
        (_accruing_row(use, so_far, whole) for use in accruing.whole.uses),
        key=lambda row: (-row.whole, row.title),
    )
    zone_name = calendar.zone_at(accruing.month.ends_at)
    return MonthSoFar(
        month=accruing.month.first,
        ends=figures.deadline(accruing.month.ends_at, at, zone(zone_name)),
        rows=tuple(rows[:MOST_ACCRUING]),
        more=max(len(rows) - MOST_ACCRUING, 0),
        so_far=accruing.so_far.tokens * MICRO,
        whole=accruing.whole.tokens * MICRO,
        storage=storage_words(accruing.whole),
        waiting=tuple(figures.month_and_year(month.first) for month in accruing.unbilled),
    )


def _accruing_row(
    use: Use, so_far: Mapping[tuple[int, str], int], whole: Mapping[tuple[int, str], int]
) -> AccruingRow:
    resource = use.resource
    number = resource.resource_id
    parts = [
        _("%(count)s members") % {"count": figures.figure(int(use.members * MICRO))} if use.members else "",
        _("%(amount)s GB") % {"amount": gigabytes(int(use.stored_bytes))} if use.stored_bytes else "",
        share_words(use.share) if use.share else "",
    ]
    return AccruingRow(
        title_of(resource.name, resource.platform_id),
        kind_name(resource.kind),
        sum(so_far.get((number, kind), 0) for kind in (HOSTING, STORAGE)) * MICRO,
        sum(whole[number, kind] for kind in (HOSTING, STORAGE)) * MICRO,
        ", ".join(part for part in parts if part),
    )


def storage_words(cost: MonthCost) -> str:
    """What all stored files together come to."""
    storage = cost.storage
    if not storage.stored:
        return ""
    words = {
        "stored": gigabytes(int(storage.stored)),
        "free": gigabytes(storage.free),
        "billable": gigabytes(int(storage.billable)),
    }
    return _("%(stored)s GB on average, %(free)s GB free: %(billable)s GB billable") % words
