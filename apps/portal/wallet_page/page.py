"""Everything the page of a wallet shows, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from apps.core import figures, sql
from apps.core.periods import zone
from apps.hosting.entitlements import Overdue
from apps.portal.holdings import Holding, Shell
from apps.portal.transactions.lines import Line
from apps.portal.transactions.page import latest_lines
from apps.portal.wallet_page.buckets import Kind, make_kinds
from apps.portal.wallet_page.holds import Held, Holds, load_holds
from apps.portal.wallet_page.limits import MOST, MOST_PRESSING, held_limits, load_organisation_limits
from apps.portal.wallet_page.limits import Held as HeldLimit
from apps.portal.wallet_page.pace import Recently, make_recently
from apps.portal.wallet_page.span import Span, span_of
from apps.portal.wallet_page.statement import Spending, Statement, make_spending, make_statement
from apps.portal.wallet_page.sums import load_sums
from apps.wallets.alerts import is_low

LATEST = 10
"""So many transactions are shown; their page has all."""


@dataclass(frozen=True, slots=True)
class PaidFor:
    """What an organisation paid for a person this month, on top of the person's own spending."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class WalletPage:
    """One wallet at one instant. Amounts are micro-tokens, times are shown in `zone`."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    balance: int
    held: int
    available: int
    worth: str
    owed: int
    unlimited: bool
    frozen: bool
    kinds: tuple[Kind, ...]
    grant: int
    resets: str
    month: date
    statement: Statement
    spending: Spending
    transactions: tuple[Line, ...]
    promised: Holds
    limits: tuple[HeldLimit, ...]
    paid_for: tuple[PaidFor, ...]
    recently: Recently
    low_below: int | None
    overdue: Overdue | None

    @property
    def holds(self) -> tuple[Held, ...]:
        """The first open holds."""
        return self.promised.listed

    @property
    def shown_limits(self) -> tuple[HeldLimit, ...]:
        return self.limits[:MOST] if not self.holding.is_own else self.limits

    @property
    def pressing(self) -> tuple[HeldLimit, ...]:
        """An organisation's limits that need a look."""
        found = [limit for limit in self.limits if limit.is_pressing and not self.holding.is_own]
        return tuple(found[:MOST_PRESSING])

    @property
    def may_set_alert(self) -> bool:
        """Whether the reader decides when the wallet counts as low."""
        return self.holding.may_decide

    @property
    def transaction_places(self) -> int:
        return figures.column_places([line.amount for line in self.transactions])

    @property
    def after_places(self) -> int:
        return figures.column_places([line.balance_after or 0 for line in self.transactions])


def load_wallet_page(holding: Holding, shell: Shell) -> WalletPage:
    """The page of a wallet that the shell has on its desk.

    At most eight queries beside the shell's: two for sums, transactions, holds, up to three for limits, what
    organisations paid.
    """
    wallet, at = shell.desk.wallets[holding.wallet_id], shell.at
    span = span_of(wallet.calendar, at)
    sums = load_sums(wallet.id, shell.desk, span)
    names = {known.wallet_id: known.name for known in shell.holdings}
    ends_in = zone(wallet.calendar.zone_at(wallet.cycle_ends_at))
    return WalletPage(
        holding=holding,
        at=at,
        zone=zone(wallet.calendar.zone_at(at)),
        balance=wallet.balance,
        held=wallet.held,
        available=wallet.available,
        worth=figures.money(wallet.owed or wallet.available, holding.token_price_minor, holding.currency),
        owed=wallet.owed,
        unlimited=wallet.unlimited,
        frozen=wallet.frozen,
        kinds=make_kinds(wallet, names),
        grant=wallet.grant_at(wallet.cycle_ends_at) or holding.next_grant,
        resets=figures.deadline(wallet.cycle_ends_at, at, ends_in),
        month=span.today,
        statement=make_statement(holding.owner_type, sums, wallet.balance),
        spending=make_spending(sums, span),
        transactions=latest_lines(holding, shell, LATEST),
        promised=load_holds(wallet.id, holding.price_book, at, span.start),
        limits=_limits(holding, shell, at),
        paid_for=_paid_for(holding, names, span),
        recently=make_recently(sums, span, wallet.available),
        overdue=holding.overdue,
        low_below=holding.watched if is_low(wallet.available, holding.watched) else None,
    )


def _limits(holding: Holding, shell: Shell, at: datetime) -> tuple[HeldLimit, ...]:
    if holding.is_own:
        return held_limits(shell)
    return load_organisation_limits(holding, shell)


_PAID_FOR = """
SELECT o.wallet_id, -SUM(o.amount)
FROM usage_charge c
JOIN ledger_transfer t ON t.charge_id = c.id
JOIN wallets_movement o ON o.transfer_id = t.number AND o.wallet_id = c.organisation_wallet_id
WHERE c.wallet_id = %s AND c.organisation_wallet_id IS NOT NULL AND o.at >= %s AND o.kind <> 'reclaim'
GROUP BY o.wallet_id
"""


def _paid_for(holding: Holding, names: dict[int, str], span: Span) -> tuple[PaidFor, ...]:
    """Coverage and shared pools this month, refunds taken off."""
    if not holding.is_own:
        return ()
    rows = sql.fetch(_PAID_FOR, [holding.wallet_id, span.start])
    paid = [PaidFor(names.get(wallet_id, ""), int(amount)) for wallet_id, amount in rows]
    return tuple(sorted((p for p in paid if p.amount > 0 and p.name), key=lambda p: -p.amount))
