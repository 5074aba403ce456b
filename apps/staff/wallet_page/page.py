"""Everything the staff's page of a wallet shows, read at one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from apps.core import figures, sql
from apps.staff.wallet_page.explaining import spent_since
from apps.staff.wallet_page.rules import Rules, load_rules
from apps.staff.wallet_page.state import Organisation, Standing, load_organisations, load_standing, owner_url
from apps.staff.wording import bucket_name, denial_name, kind_name
from apps.support.models import Case, WalletNote
from apps.support.selectors import about_wallet
from apps.usage.models import DeniedAttempt
from apps.wallets.models import Grant
from apps.wallets.state import ALLOCATED, FREE

LAST = 12
GRANTS = 4
NAMED = 5
"""Cases and notes that the page shows."""
DENIED = 5


@dataclass(frozen=True, slots=True)
class BucketLine:
    name: str
    detail: str
    account_id: int
    balance: int
    held: int

    @property
    def available(self) -> int:
        return self.balance - self.held


@dataclass(frozen=True, slots=True)
class MovementLine:
    number: int
    at: datetime
    kind: str
    description: str
    charge: int | None
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class HoldLine:
    charge: int
    title: str
    amount: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DenialLine:
    id: int
    at: datetime
    reason: str
    detail: str
    operation: str


@dataclass(frozen=True, slots=True)
class CycleLine:
    """A month's free tokens: micro-tokens granted and when."""

    month: date
    tokens: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WalletPage:
    """One wallet at one instant; amounts are micro-tokens, times are shown in `zone`."""

    id: int
    title: str
    is_person: bool
    owner_key: str
    email: str
    owner_url: str
    price_book: str
    created_at: datetime
    at: datetime
    zone: ZoneInfo
    coming_zone: str
    unlimited: bool
    frozen: bool
    balance: int
    held: int
    available: int
    owed: int
    worth: str
    spent: int
    month: date
    cycle_ends_at: datetime
    cycle_basis: int
    buckets: tuple[BucketLine, ...]
    grants: tuple[CycleLine, ...]
    movements: tuple[MovementLine, ...]
    holds: tuple[HoldLine, ...]
    rules: Rules
    denials: tuple[DenialLine, ...]
    due: int
    cases: Sequence[Case]
    notes: Sequence[WalletNote]

    @property
    def places(self) -> int:
        return figures.column_places([line.amount for line in self.movements])

    @property
    def after_places(self) -> int:
        return figures.column_places([line.balance_after for line in self.movements])

    @property
    def bucket_places(self) -> int:
        return figures.column_places([a for line in self.buckets for a in (line.balance, line.held)])


def load_wallet_page(wallet_id: int, *, at: datetime) -> WalletPage:
    """The page of a wallet; NotFound if there is none. At most twelve queries for one organisation."""
    standing = load_standing(wallet_id, at=at)
    row, wallet = standing.row, standing.wallet
    organisations = load_organisations(standing)
    cases, notes = about_wallet(wallet_id, at_most=NAMED)
    return WalletPage(
        id=row.pk,
        title=standing.title,
        is_person=row.user_id is not None,
        owner_key=row.owner_key,
        email=row.user.email if row.user else "",
        owner_url=owner_url(row),
        price_book=row.price_book.name,
        created_at=row.created_at,
        at=at,
        zone=standing.zone,
        coming_zone=wallet.calendar.chosen if wallet.calendar.chosen != standing.zone.key else "",
        unlimited=wallet.unlimited,
        frozen=wallet.frozen,
        balance=wallet.balance,
        held=wallet.held,
        available=wallet.available,
        owed=wallet.owed,
        worth=figures.money(
            wallet.owed or wallet.available, row.price_book.token_price_minor, row.price_book.currency
        ),
        spent=spent_since(row.pk, standing.month_begins),
        month=standing.month,
        cycle_ends_at=wallet.cycle_ends_at,
        cycle_basis=wallet.cycle_basis,
        buckets=_buckets(standing, organisations),
        grants=_grants(row.pk),
        movements=_movements(row.pk),
        holds=_holds(standing),
        rules=load_rules(standing, organisations),
        denials=_denials(standing),
        due=wallet.balance - sum(bucket.loaded_balance for bucket in wallet.buckets.values()),
        cases=cases,
        notes=notes,
    )


def _buckets(standing: Standing, organisations: Sequence[Organisation]) -> tuple[BucketLine, ...]:
    """In the order they are spent; allocated ones named by where they came from."""
    buckets = list(standing.wallet.buckets.values())
    order = (FREE, ALLOCATED, "earned", "purchased")
    buckets.sort(key=lambda bucket: (order.index(bucket.kind), bucket.account_id))
    names = {found.wallet_id: found.name for found in organisations}
    return tuple(
        BucketLine(bucket_name(b.kind), names.get(b.source_id, ""), b.account_id, b.balance, b.held)
        for b in buckets
    )


def _grants(wallet_id: int) -> tuple[CycleLine, ...]:
    rows = Grant.objects.filter(wallet_id=wallet_id).order_by("-cycle_month")[:GRANTS]
    return tuple(CycleLine(row.cycle_month, row.tokens_micro, row.at) for row in rows)


_MOVEMENTS = """
SELECT m.transfer_id, m.at, m.kind, t.description, t.note, t.charge_id, m.amount, m.balance_after
FROM wallets_movement m JOIN ledger_transfer t ON t.number = m.transfer_id
WHERE m.wallet_id = %s ORDER BY m.sequence DESC LIMIT %s
"""


def _movements(wallet_id: int) -> tuple[MovementLine, ...]:
    return tuple(
        MovementLine(
            number=number,
            at=sql.instant(at),
            kind=kind_name(kind),
            description=" · ".join(filter(None, (description, note))),
            charge=charge,
            amount=int(amount),
            balance_after=int(after),
        )
        for number, at, kind, description, note, charge, amount, after in sql.fetch(
            _MOVEMENTS, [wallet_id, LAST]
        )
    )


_HOLDS = """
SELECT p.hold_id, h.expires_at, c.operation, c.model, c.activity_label, SUM(p.amount)
FROM wallets_holdpart p
JOIN ledger_account a ON a.id = p.account_id
JOIN wallets_hold h ON h.id = p.hold_id
LEFT JOIN usage_charge c ON c.id = p.hold_id
WHERE a.holder_id = %s AND h.expires_at > %s
GROUP BY p.hold_id, h.expires_at, c.operation, c.model, c.activity_label
ORDER BY h.expires_at, p.hold_id LIMIT %s
"""


def _holds(standing: Standing) -> tuple[HoldLine, ...]:
    rows = sql.fetch(_HOLDS, [standing.wallet.id, standing.at, LAST])
    return tuple(
        HoldLine(
            hold,
            " · ".join(filter(None, (label, operation, model))),
            int(amount),
            sql.instant(ends),
        )
        for hold, ends, operation, model, label, amount in rows
    )


def _denials(standing: Standing) -> tuple[DenialLine, ...]:
    field = "user_key" if standing.row.user_id is not None else "organisation_key"
    rows = DeniedAttempt.objects.filter(**{field: standing.row.owner_key}).order_by("-id")[:DENIED]
    return tuple(
        DenialLine(row.pk, row.at, denial_name(row.code), row.detail, f"{row.operation} {row.model}".strip())
        for row in rows
    )
