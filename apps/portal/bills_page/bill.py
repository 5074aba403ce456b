"""One bill that explains itself: each line with its quantity, its rate, what is free, whose share it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.periods import zone
from apps.hosting.bills import UNPAID
from apps.hosting.explaining import Step, explain_line, kind_name, state_name
from apps.hosting.models import Bill
from apps.hosting.selectors import state_at
from apps.hosting.voiding import paid_from
from apps.portal.bills_page.page import bills_url, title_of
from apps.portal.holdings import Holding, Shell
from apps.wallets.state import EARNED, FREE, PURCHASED


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
        return figures.money(self.bill.tokens_micro, self.holding.token_price_minor, self.holding.currency)


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
        steps=tuple(explain_line(line) for line in bill.lines),
        sources=_sources(bill),
        story=_story(bill),
        blocks=state == Bill.State.OVERDUE,
        due_on=calendar.day_of(bill.due_at),
    )


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
