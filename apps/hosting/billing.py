"""The bills of a month: load what payers had and owe, decide, write set-based. One payer or thousands.

A payer's month is closed once, in one transaction with its bills. What is reported late for a closed month
becomes a line on the next bills; a bill that was voided is made anew when its month is run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from apps.core import sql
from apps.events.outbox import emit
from apps.hosting.bills import (
    UNPAID,
    draft,
    load_unpaid,
    pay,
    title_of,
    write_awaited,
    write_new,
    write_settled,
)
from apps.hosting.histories import load_histories, resources_of
from apps.hosting.lines import CORRECTION, Line, MonthCost, add_billed, corrections, cost_month
from apps.hosting.measuring import History, use_of
from apps.hosting.models import Bill, ClosedMonth, Payer
from apps.hosting.paying import Month, after
from apps.hosting.rates import Rates
from apps.hosting.settling import BILLS_UNPAID
from apps.ledger import numbers
from apps.pricing.hosting import HostingRates
from apps.wallets.books import open_desk, write
from apps.wallets.state import Desk, WalletState

Billed = dict[str, dict[tuple[int, str], int]]


@dataclass(slots=True)
class _Standing:
    """A payer with what of it is to be billed."""

    payer: Payer
    wallet: WalletState
    months: list[Month]
    again: ClosedMonth | None = None
    voided: dict[int, Bill] = field(default_factory=dict)
    stale: list[ClosedMonth] = field(default_factory=list)
    billed: Billed = field(default_factory=dict)
    resources: Sequence[int] = ()

    @property
    def closed(self) -> list[ClosedMonth]:
        return self.stale if self.again is None else [*self.stale, self.again]


@dataclass(slots=True)
class _Made:
    """What was decided for all payers at hand, and by which rates."""

    rates: Rates
    drafts: list[tuple[int, int, date, str, list[Line], HostingRates]] = field(default_factory=list)
    closed: list[tuple[int, Month, HostingRates]] = field(default_factory=list)
    put_right: list[int] = field(default_factory=list)
    moved: list[tuple[int, Month]] = field(default_factory=list)


def bill_payers(wallet_ids: Sequence[int], *, through: date, at: datetime) -> int:
    """Close the payers' months up to `through` that have ended, or bill a closed one again, and settle what
    can be paid; answers how many bills were made. Runs in the running transaction."""
    desk = open_desk(wallet_ids, at=at)
    standings = _standings(desk, wallet_ids, through, at)
    histories = _histories(standings)
    made = _Made(Rates())
    for standing in standings:
        _decide(standing, histories, made)
    return _write(desk, standings, made, at)


def _standings(desk: Desk, wallet_ids: Sequence[int], through: date, at: datetime) -> list[_Standing]:
    found = {}
    for payer in Payer.objects.filter(pk__in=wallet_ids).order_by("pk"):
        wallet = desk.wallets[payer.pk]
        found[payer.pk] = _Standing(payer, wallet, _due_months(payer, wallet, through, at))
    _add_stale(found)
    _add_again({pk: s for pk, s in found.items() if through < s.payer.month}, through)
    looked_back = [pk for pk, s in found.items() if s.stale or s.voided]
    if looked_back:
        _add_billed({pk: found[pk] for pk in looked_back})
    for pk, resources in resources_of(found).items():
        found[pk].resources = resources
    return [s for s in found.values() if s.months or s.voided]


def _due_months(payer: Payer, wallet: WalletState, through: date, at: datetime) -> list[Month]:
    months = []
    month = Month(payer.month, payer.starts_at, payer.ends_at)
    while month.first <= through and month.ends_at <= at:
        months.append(month)
        month = after(wallet.calendar, month)
    return months


def _add_stale(found: Mapping[int, _Standing]) -> None:
    for closed in ClosedMonth.objects.filter(payer__in=found, stale=True).order_by("month"):
        found[closed.payer_id].stale.append(closed)


def _add_again(found: Mapping[int, _Standing], month: date) -> None:
    """Bills of the month that were voided and not made anew."""
    if not found:
        return
    rows = list(Bill.objects.filter(payer__in=found, month=month).order_by("pk"))
    standing = {(bill.payer_id, bill.resource_id) for bill in rows if bill.state != Bill.State.VOID}
    for bill in rows:
        if (bill.payer_id, bill.resource_id) not in standing:
            found[bill.payer_id].voided[bill.resource_id] = bill
    for closed in ClosedMonth.objects.filter(payer__in=found, month=month):
        found[closed.payer_id].again = closed
    for each in found.values():
        if each.voided:
            _add_months_of_voided(each)


def _add_months_of_voided(standing: _Standing) -> None:
    """What a voided bill had put right of earlier months is to be looked at again."""
    months = {
        line["month"]
        for bill in standing.voided.values()
        for line in bill.lines
        if line["kind"] == CORRECTION
    }
    known = {f"{closed.month:%Y-%m}" for closed in standing.stale}
    wanted = [date.fromisoformat(f"{month}-01") for month in sorted(months - known)]
    standing.stale += ClosedMonth.objects.filter(payer=standing.payer, month__in=wanted).order_by("month")


def _add_billed(found: Mapping[int, _Standing]) -> None:
    """What was billed of each month. A voided bill counts, it was waived, unless another took its place."""
    rows = list(Bill.objects.filter(payer__in=found).order_by("pk"))
    last = {(bill.payer_id, bill.resource_id, bill.month): bill.pk for bill in rows}
    for bill in rows:
        standing = found[bill.payer_id]
        waived = bill.state == Bill.State.VOID
        if waived and last[bill.payer_id, bill.resource_id, bill.month] != bill.pk:
            continue
        if waived and standing.voided.get(bill.resource_id) == bill:
            continue
        add_billed(standing.billed, bill.resource_id, bill.lines)


def _histories(standings: Sequence[_Standing]) -> Mapping[int, History]:
    spans = [
        (month.starts_at, month.ends_at)
        for standing in standings
        for month in (*standing.months, *map(month_of_closed, standing.closed))
    ]
    if not spans:
        return {}
    resources = [resource for standing in standings for resource in standing.resources]
    return load_histories(resources, min(s for s, _e in spans), max(e for _s, e in spans))


def _decide(standing: _Standing, histories: Mapping[int, History], made: _Made) -> None:
    put_right = _put_right(standing, histories, made.rates)
    if standing.voided and standing.again is not None:
        _bill_again(standing, standing.again, histories, put_right, made)
    for month in standing.months:
        rates = made.rates.at(standing.wallet.price_book, month.starts_at)
        lines = cost_of(
            standing.payer.pk, standing.wallet.owner_type, month, standing.resources, histories, rates
        ).lines()
        for resource, corrected in put_right.items():
            lines.setdefault(resource, []).extend(corrected)
        _add_drafts(standing, month.first, lines, histories, rates, made)
        made.closed.append((standing.payer.pk, month, rates))
        put_right = {}
    if standing.months:
        made.put_right += [closed.pk for closed in standing.stale]
        made.moved.append((standing.payer.pk, after(standing.wallet.calendar, standing.months[-1])))


def _put_right(standing: _Standing, histories: Mapping[int, History], rates: Rates) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for closed in standing.stale:
        now = _cost_of_closed(standing, closed, histories, rates).by_resource()
        billed = standing.billed.get(f"{closed.month:%Y-%m}", {})
        for resource, lines in corrections(closed.month, now, billed).items():
            found.setdefault(resource, []).extend(lines)
    return found


def _bill_again(
    standing: _Standing,
    closed: ClosedMonth,
    histories: Mapping[int, History],
    put_right: Mapping[int, list[Line]],
    made: _Made,
) -> None:
    lines = _cost_of_closed(standing, closed, histories, made.rates).lines()
    again = {
        resource: [*lines.get(resource, []), *_of_other_months(put_right.get(resource, []), closed.month)]
        for resource in standing.voided
    }
    rates = _rates_of(standing, closed, made.rates)
    _add_drafts(
        standing, closed.month, {r: found for r, found in again.items() if found}, histories, rates, made
    )


def _of_other_months(lines: Sequence[Line], month: date) -> list[Line]:
    return [line for line in lines if line["month"] != f"{month:%Y-%m}"]


def _cost_of_closed(
    standing: _Standing, closed: ClosedMonth, histories: Mapping[int, History], known: Rates
) -> MonthCost:
    rates = _rates_of(standing, closed, known)
    month = month_of_closed(closed)
    return cost_of(standing.payer.pk, standing.wallet.owner_type, month, standing.resources, histories, rates)


def month_of_closed(closed: ClosedMonth) -> Month:
    """When a closed month was."""
    return Month(closed.month, closed.starts_at, closed.ends_at)


def _rates_of(standing: _Standing, closed: ClosedMonth, known: Rates) -> HostingRates:
    if closed.rates_id is None:
        return known.at(standing.wallet.price_book, closed.starts_at)
    return known.by_id(closed.rates_id)


def cost_of(
    payer: int,
    payer_type: str,
    month: Month,
    resources: Sequence[int],
    histories: Mapping[int, History],
    rates: HostingRates,
    until: datetime | None = None,
) -> MonthCost:
    """What a payer's month costs, all of it or as far as `until`."""
    end = month.ends_at if until is None else until
    uses = [
        use_of(histories[number], payer, month.starts_at, month.ends_at, end)
        for number in resources
        if number in histories
    ]
    return cost_month(month.first, [use for use in uses if use is not None], rates, payer_type)


def _add_drafts(
    standing: _Standing,
    month: date,
    lines: Mapping[int, list[Line]],
    histories: Mapping[int, History],
    rates: HostingRates,
    made: _Made,
) -> None:
    for resource, of_resource in lines.items():
        history = histories[resource]
        title = title_of(history.name, history.kind, history.platform_id)
        made.drafts.append((standing.payer.pk, resource, month, title, of_resource, rates))


def _write(desk: Desk, standings: Sequence[_Standing], made: _Made, at: datetime) -> int:
    new = [
        draft(
            number,
            resource_id=resource,
            payer_id=payer,
            month=month,
            title=title,
            lines=lines,
            at=at,
            due_at=at + timedelta(days=rates.grace_days),
        )
        for number, (payer, resource, month, title, lines, rates) in zip(
            numbers.take(len(made.drafts)), made.drafts, strict=True
        )
    ]
    old = load_unpaid([s.payer.pk for s in standings if s.wallet.awaited])
    payment = pay(desk, [*old, *new], at)
    fresh = {bill.id for bill in new}

    def finish() -> None:
        write_new(new)
        write_settled([bill for bill in payment.settled if bill.id not in fresh])
        write_awaited(desk, payment)
        _write_months(made, at)
        unpaid = {bill.payer_id for bill in new if bill.state in UNPAID}
        emit(BILLS_UNPAID, sorted(unpaid), at=at)

    write(desk, at=at, finish=finish)
    return len(new)


def _write_months(made: _Made, at: datetime) -> None:
    sql.insert(
        "hosting_closedmonth",
        ("payer_id", "month", "starts_at", "ends_at", "rates_id", "closed_at", "stale"),
        [
            (payer, month.first, month.starts_at, month.ends_at, rates.version_id or None, at, False)
            for payer, month, rates in made.closed
        ],
    )
    sql.update(
        "hosting_payer",
        {
            "wallet_id": "bigint",
            "month": "date",
            "starts_at": "timestamptz",
            "ends_at": "timestamptz",
            "due_at": "timestamptz",
        },
        [(payer, m.first, m.starts_at, m.ends_at, m.ends_at) for payer, m in made.moved],
        key="wallet_id",
    )
    if made.put_right:
        condition, values = sql.among("id", made.put_right)
        sql.put(f"UPDATE hosting_closedmonth SET stale = %s WHERE {condition}", [False, *values])
