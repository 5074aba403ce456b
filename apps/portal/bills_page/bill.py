"""One bill that explains itself: each line with its quantity, its rate, what is free, whose share it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.periods import zone
from apps.core.units import MICRO
from apps.hosting.bills import UNPAID
from apps.hosting.lines import CORRECTION, HOSTING
from apps.hosting.models import Bill
from apps.hosting.selectors import state_at
from apps.hosting.voiding import paid_from
from apps.portal.bills_page.page import bills_url, gigabytes, kind_name, share_words, state_name, title_of
from apps.portal.holdings import Holding, Shell
from apps.wallets.state import EARNED, FREE, PURCHASED


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what it is, how much of it, what that costs, and the whole tokens (as micro-tokens)."""

    label: str
    quantity: str
    cost: str
    micro: int


@dataclass(frozen=True, slots=True)
class Source:
    """What came from a bucket; `x` and `width` place it in the bar."""

    bucket: str
    name: str
    amount: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to the bill, with its transfer."""

    at: datetime
    what: str
    transfer: int | None
    amount: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BillPage:
    """A bill as its payer sees it."""

    bill: Bill
    holding: Holding
    zone: ZoneInfo
    title: str
    kind: str
    state: str
    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
    story: tuple[Happening, ...]
    blocks: bool
    due_on: date

    @property
    def number(self) -> str:
        return f"B-{self.bill.pk}"

    @property
    def state_name(self) -> str:
        return state_name(self.state)

    @property
    def is_unpaid(self) -> bool:
        return self.state in UNPAID

    @property
    def list_url(self) -> str:
        return f"{bills_url(self.holding)}?month={self.bill.month:%Y-%m}"

    @property
    def transactions_url(self) -> str:
        return self.holding.transactions_url

    @property
    def worth(self) -> str:
        return figures.money(
            self.bill.tokens_micro, self.holding.token_price_minor, self.holding.currency
        )


def load_bill_page(bill: Bill, holding: Holding, shell: Shell) -> BillPage:
    """The page of a bill whose payer's wallet is on the shell's desk: one query."""
    calendar = shell.desk.wallets[holding.wallet_id].calendar
    resource = bill.resource
    state = state_at(bill, shell.at)
    return BillPage(
        bill=bill,
        holding=holding,
        zone=zone(calendar.zone_at(shell.at)),
        title=title_of(resource.name, resource.platform_id),
        kind=kind_name(resource.kind),
        state=state,
        steps=tuple(_step(line, resource.kind) for line in bill.lines),
        sources=_sources(bill),
        story=_story(bill),
        blocks=state == Bill.State.OVERDUE,
        due_on=calendar.day_of(bill.due_at),
    )


def _step(line: Mapping[str, Any], kind: str) -> Step:
    if line["kind"] == CORRECTION:
        return _correction(line)
    make = _hosting if line["kind"] == HOSTING else _storage
    return make(line, kind)


def _hosting(line: Mapping[str, Any], kind: str) -> Step:
    rate = figures.figure(line["rate"])
    if line["free"]:
        cost = _("free: one of the payer's first, by creation")
    elif not line["rate"]:
        cost = _("costs nothing for this kind")
    else:
        words = {"rate": rate, "exact": figures.figure(line["exact"])}
        cost = _("× %(rate)s tokens per member and month = %(exact)s") % words
    quantity = _("%(count)s members on average") % {"count": figures.figure(line["members"])}
    return Step(_("Hosting"), _with_share(quantity, line), cost, line["tokens"] * MICRO)


def _storage(line: Mapping[str, Any], kind: str) -> Step:
    all_stored, pool = line["all_stored"], line["pool"]
    words = {
        "all": gigabytes(all_stored),
        "free": gigabytes(pool),
        "billable": gigabytes(max(all_stored - pool, 0)),
        "rate": figures.figure(line["rate"]),
        "tokens": figures.figure(line["all_tokens"] * MICRO),
    }
    cost = _(
        "All resources together: %(all)s GB − %(free)s GB free = %(billable)s GB "
        "× %(rate)s tokens = %(tokens)s; this one's part by its bytes"
    )
    quantity = _("%(amount)s GB on average") % {"amount": gigabytes(line["stored"])}
    return Step(_("Storage"), _with_share(quantity, line), cost % words, line["tokens"] * MICRO)


def _with_share(quantity: str, line: Mapping[str, Any]) -> str:
    share: Sequence[int] | None = line.get("share")
    if not share:
        return quantity
    return _("%(quantity)s, the payer's %(share)s") % {"quantity": quantity, "share": share_words(share)}


def _correction(line: Mapping[str, Any]) -> Step:
    month = figures.month_and_year(date.fromisoformat(f"{line['month']}-01"))
    pattern = _("Hosting of %(month)s") if line["of"] == HOSTING else _("Storage of %(month)s")
    words = {"was": figures.figure(line["was"] * MICRO), "now": figures.figure(line["now"] * MICRO)}
    quantity = _("%(was)s were billed, %(now)s is right") % words
    cost = _("something was reported after that month was billed")
    return Step(pattern % {"month": month}, quantity, cost, line["tokens"] * MICRO)


def _sources(bill: Bill) -> tuple[Source, ...]:
    """Which of the payer's tokens paid the bill, in the order they were asked."""
    if bill.transfer_id is None or bill.tokens_micro <= 0:
        return ()
    taken = {kind: -amount for kind, amount in paid_from(bill.transfer_id, bill.payer_id)}
    names = {FREE: _("Free"), EARNED: _("Earned"), PURCHASED: _("Purchased")}
    found, before = [], 0
    for kind, name in names.items():
        amount = taken.get(kind, 0)
        if amount:
            x, width = figures.percent(before, bill.tokens_micro), figures.percent(amount, bill.tokens_micro)
            found.append(Source(kind, name, amount, x, width))
            before += amount
    return tuple(found)


def _story(bill: Bill) -> tuple[Happening, ...]:
    returned = bill.tokens_micro < 0
    story = [Happening(bill.issued_at, _("Issued"), None, None)]
    if bill.settled_at is not None:
        what = _("Returned to the earned tokens") if returned else _("Paid")
        story.append(Happening(bill.settled_at, what, bill.transfer_id, -bill.tokens_micro))
    if bill.voided_at is not None:
        amount = bill.tokens_micro if bill.refund_id else None
        story.append(Happening(bill.voided_at, _("Made void"), bill.refund_id, amount, bill.void_reason))
    return tuple(story)
