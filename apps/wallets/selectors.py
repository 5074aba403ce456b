"""What a wallet's owner sees of it, projected to the instant of reading. Nothing is locked or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core import sql
from apps.core.errors import NotFound
from apps.wallets.books import project
from apps.wallets.models import Movement, Wallet
from apps.wallets.state import ALLOCATED, EARNED, FREE, PURCHASED, Desk, WalletState


@dataclass(frozen=True, slots=True)
class AllocatedTokens:
    """Micro-tokens that came from one organisation, named by its platform id."""

    organisation: str
    balance: int


@dataclass(frozen=True, slots=True)
class WalletView:
    """A wallet as it stands at an instant; amounts are micro-tokens, instants UTC."""

    owner_type: str
    owner_key: str
    price_book: str
    unlimited: bool
    frozen: bool
    free: int
    allocated: int
    earned: int
    purchased: int
    held: int
    allocations: tuple[AllocatedTokens, ...]
    free_resets_at: datetime

    @property
    def total(self) -> int:
        return self.free + self.allocated + self.earned + self.purchased

    @property
    def available(self) -> int:
        """What is not promised to a hold; below zero only in an unlimited wallet."""
        return self.total - self.held


@dataclass(frozen=True, slots=True)
class CreditView:
    """Tokens that were credited to a wallet: micro-tokens, when and why."""

    number: int
    wallet_id: int
    owner_type: str
    owner_key: str
    tokens: int
    kind: str
    reason: str
    at: datetime


def credit_of(number: int) -> CreditView:
    """A credit by its transfer's number; NotFound if there is none."""
    movement = Movement.objects.select_related("transfer", "wallet").filter(transfer_id=number).first()
    if movement is None:
        raise NotFound(f"There is no transfer T-{number}.")
    wallet, transfer = movement.wallet, movement.transfer
    return CreditView(
        number,
        wallet.pk,
        wallet.owner_type,
        wallet.owner_key,
        movement.amount,
        transfer.kind,
        transfer.note,
        transfer.at,
    )


def find_wallet(owner_type: str, key: str) -> Wallet:
    """The wallet of an owner (`user` or `organisation`, by platform id) with the owner's row; NotFound if
    it was never synced."""
    found = Wallet.objects.select_related("user", "organisation")
    wallet = found.filter(owner_type=owner_type, owner_key=key).first()
    if wallet is None:
        raise NotFound(f"There is no {owner_type} {key}. Sync it first.")
    return wallet


def view_wallet(owner_type: str, key: str, *, at: datetime) -> WalletView:
    """The owner's wallet at the instant: due holds ended, the cycle under way. NotFound for a stranger."""
    wallet_id = find_wallet(owner_type, key).pk
    return wallet_on(project([wallet_id], at=at), wallet_id)


def wallet_on(desk: Desk, wallet_id: int) -> WalletView:
    """A wallet of a desk as its owner sees it, after what has been decided on the desk."""
    wallet = desk.wallets[wallet_id]
    kinds = dict.fromkeys((FREE, ALLOCATED, EARNED, PURCHASED), 0)
    for bucket in wallet.buckets.values():
        kinds[bucket.kind] += bucket.balance
    return WalletView(
        owner_type=wallet.owner_type,
        owner_key=wallet.owner_key,
        price_book=wallet.price_book,
        unlimited=wallet.unlimited,
        frozen=wallet.frozen,
        held=wallet.held,
        allocations=_allocations(wallet, desk),
        free_resets_at=wallet.cycle_ends_at,
        **kinds,
    )


def _allocations(wallet: WalletState, desk: Desk) -> tuple[AllocatedTokens, ...]:
    """Allocated tokens by organisation, in the order in which they are spent."""
    filled = [bucket for bucket in wallet.allocated() if bucket.balance]
    names = _owner_keys([bucket.source_id for bucket in filled], desk)
    return tuple(AllocatedTokens(names[bucket.source_id], bucket.balance) for bucket in filled)


def _owner_keys(wallet_ids: list[int], desk: Desk) -> Mapping[int, str]:
    known = {number: desk.wallets[number].owner_key for number in wallet_ids if number in desk.wallets}
    missing = [number for number in wallet_ids if number not in known]
    if not missing:
        return known
    condition, values = sql.among("id", missing)
    return known | dict(sql.fetch(f"SELECT id, owner_key FROM wallets_wallet WHERE {condition}", values))
