"""A wallet's row with its owner, and its state at an instant as a write would find it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from apps.core import sql
from apps.core.errors import NotFound
from apps.core.periods import month_start, zone
from apps.wallets.books import project
from apps.wallets.models import Wallet
from apps.wallets.state import Desk, WalletState


@dataclass(frozen=True, slots=True)
class Standing:
    """The wallet's row as stored, its state projected to `at`, and the desk it stands on."""

    row: Wallet
    wallet: WalletState
    desk: Desk
    at: datetime

    @property
    def title(self) -> str:
        return owner_name(self.row)

    @property
    def today(self) -> date:
        return self.wallet.calendar.day_of(self.at)

    @property
    def month(self) -> date:
        return month_start(self.today)

    @property
    def month_begins(self) -> datetime:
        """The instant at which the present month of the wallet's calendar began."""
        return self.wallet.calendar.start_of(self.month)

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.wallet.calendar.zone_at(self.at))


def load_standing(wallet_id: int, *, at: datetime) -> Standing:
    """One wallet at an instant; NotFound if there is none. Nothing is locked or written."""
    rows = Wallet.objects.select_related("user", "organisation", "price_book")
    row = rows.filter(pk=wallet_id).first()
    if row is None:
        raise NotFound(f"There is no wallet {wallet_id}.")
    desk = project([wallet_id], at=at)
    return Standing(row, desk.wallets[wallet_id], desk, at)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that has to do with a person: a present membership, or tokens that came from it."""

    wallet_id: int
    key: str
    name: str
    is_present: bool


_ORGANISATIONS = """
SELECT w.id, o.platform_id, o.name, MAX(CASE WHEN m.user_id = %s AND m.ended_at IS NULL THEN 1 ELSE 0 END)
FROM wallets_wallet w JOIN organisations_organisation o ON o.id = w.organisation_id
LEFT JOIN organisations_membership m ON m.organisation_id = o.id AND m.user_id = %s
WHERE {sources} OR o.id IN (
    SELECT organisation_id FROM organisations_membership WHERE user_id = %s AND ended_at IS NULL)
GROUP BY w.id, o.platform_id, o.name ORDER BY w.id LIMIT 40
"""


def load_organisations(standing: Standing) -> tuple[Organisation, ...]:
    """The organisations of a person; none for an organisation's wallet. One query."""
    user = standing.row.user_id
    if user is None:
        return ()
    buckets = standing.wallet.buckets.values()
    sources, values = sql.among("w.id", sorted({b.source_id for b in buckets if b.source_id} or {0}))
    rows = sql.fetch(_ORGANISATIONS.format(sources=sources), [user, user, *values, user])
    return tuple(Organisation(wallet, key, name, bool(present)) for wallet, key, name, present in rows)


def owner_name(row: Wallet) -> str:
    """The owner's name, else what else is known of them."""
    return str(row.user or row.organisation or row.owner_key)


def owner_url(row: Wallet) -> str:
    """The page of the person or organisation."""
    if row.user_id is not None:
        return reverse("admin:identity_user_change", args=[row.user_id])
    return reverse("admin:organisations_organisation_change", args=[row.organisation_id])
