"""Wallets of users and organisations: made when their owner is synced, and credited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.periods import Calendar, month_start, next_month
from apps.events.outbox import emit
from apps.identity.auditing import record_audit
from apps.identity.models import AccountType, FreeGrant, User
from apps.ledger import platform
from apps.ledger.models import Account
from apps.organisations.models import Organisation
from apps.pricing.models import PriceBook
from apps.wallets.books import CREDITED, atomically, open_desk, settle_wallets, write
from apps.wallets.models import Movement, Wallet
from apps.wallets.state import BURN_ORDER, Desk

DEFAULT_BOOK = "campus"


@dataclass(frozen=True, slots=True)
class Synced:
    """An owner as stored, with the wallet, and whether it was made just now."""

    wallet: Wallet
    created: bool


def sync_user(*, key: str, fields: Mapping[str, Any], at: datetime, actor: str = "platform") -> Synced:
    """Make or change a user with the platform's id and their wallet.

    `fields` may have email, name, account_type, time_zone, price_book; those left out stay as they are.
    A new wallet gets its first free grant. InvalidState if the price book of a used wallet would change.
    """
    if "account_type" in fields:
        _check_account_type(fields["account_type"])

    def work() -> Synced:
        user, created = User.objects.get_or_create(platform_id=key, defaults=_new_user(fields, at))
        if created:
            return Synced(_opened(_open_wallet(fields, at, user=user), actor, at), True)
        wallet = Wallet.objects.get(user=user)
        settle_wallets([wallet.pk], at=at)
        before = _facts(wallet)
        changes = {name: fields[name] for name in ("email", "name") if name in fields}
        if "account_type" in fields:
            changes["account_type_id"] = fields["account_type"]
        _save(user, changes)
        wallet = _change_wallet(wallet, fields, at)
        wallet.user = user
        _audit(wallet, "wallet.change", before, actor, at)
        return Synced(wallet, False)

    return atomically(work, at=at)


def _new_user(fields: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "email": fields.get("email", ""),
        "name": fields.get("name", ""),
        "account_type_id": fields.get("account_type", "learner"),
        "date_joined": at,
        "password": "!",
    }


def _check_account_type(code: str) -> None:
    if not AccountType.objects.filter(code=code).exists():
        known = ", ".join(AccountType.objects.order_by("code").values_list("code", flat=True))
        raise ValidationError({"account_type": [f"There is no account type {code}. Known: {known}."]})


def sync_organisation(
    *, key: str, fields: Mapping[str, Any], at: datetime, actor: str = "platform"
) -> Synced:
    """Make or change an organisation with the platform's id and its wallet.

    `fields` may have name, time_zone, price_book, unlimited.
    """

    def work() -> Synced:
        defaults = {"name": fields.get("name", key), "slug": free_slug(key), "created_at": at}
        organisation, created = Organisation.objects.get_or_create(platform_id=key, defaults=defaults)
        if created:
            return Synced(_opened(_open_wallet(fields, at, organisation=organisation), actor, at), True)
        wallet = Wallet.objects.get(organisation=organisation)
        settle_wallets([wallet.pk], at=at)
        before = _facts(wallet)
        _save(organisation, {name: fields[name] for name in ("name",) if name in fields})
        wallet = _change_wallet(wallet, fields, at)
        wallet.organisation = organisation
        _audit(wallet, "wallet.change", before, actor, at)
        return Synced(wallet, False)

    return atomically(work, at=at)


def free_slug(key: str) -> str:
    """A slug for an organisation's address, from its id, that no other has."""
    base = slugify(key.replace(".", "-").replace(":", "-").replace("@", "-"))[:120] or "organisation"
    slug, number = base, 1
    while Organisation.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _save(row: User | Organisation, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    if changes:
        row.save(update_fields=list(changes))


def _open_wallet(
    fields: Mapping[str, Any],
    at: datetime,
    *,
    user: User | None = None,
    organisation: Organisation | None = None,
) -> Wallet:
    """A wallet with its buckets and the free tokens of the cycle under way."""
    zone = fields.get("time_zone", "UTC")
    calendar = Calendar(zone)
    month = month_start(calendar.day_of(at))
    owner = user or organisation
    unlimited = bool(fields.get("unlimited", False))
    wallet = Wallet.objects.create(
        owner_type="user" if user else "organisation",
        owner_key=owner.platform_id if owner else "",
        user=user,
        organisation=organisation,
        price_book=_book(fields.get("price_book", DEFAULT_BOOK)),
        unlimited=unlimited,
        time_zone=zone,
        cycle_month=month,
        cycle_ends_at=calendar.start_of(next_month(month)),
        created_at=at,
    )
    Account.objects.bulk_create(
        [Account(holder_id=wallet.pk, kind=kind, overdraft=unlimited) for kind in BURN_ORDER]
    )
    if user:
        _first_grant(wallet, user, at)
    return wallet


def _first_grant(wallet: Wallet, user: User, at: datetime) -> None:
    desk = open_desk([wallet.pk], at=at)
    grants = FreeGrant.objects.filter(account_type_id=user.account_type_id, from_at__lte=at)
    desk.grant(
        desk.wallets[wallet.pk], next((grant.tokens_micro for grant in grants.order_by("-from_at")), 0), at
    )
    write(desk, at=at)


def _book(code: str) -> PriceBook:
    book = PriceBook.objects.filter(code=code).first()
    if book is None:
        known = ", ".join(PriceBook.objects.order_by("code").values_list("code", flat=True))
        raise ValidationError({"price_book": [f"There is no price book {code}. Known: {known}."]})
    return book


def _change_wallet(wallet: Wallet, fields: Mapping[str, Any], at: datetime) -> Wallet:
    wallet.refresh_from_db()
    if "price_book" in fields and fields["price_book"] != wallet.price_book_id:
        book = _book(fields["price_book"])
        _require_unmoved(wallet)
        wallet.price_book = book
    if "time_zone" in fields:
        _change_zone(wallet, fields["time_zone"], at)
    if "unlimited" in fields and fields["unlimited"] != wallet.unlimited:
        _change_unlimited(wallet, fields["unlimited"], at)
        if wallet.awaited and wallet.unlimited:
            emit(CREDITED, [wallet.pk], at=at)
    wallet.save(
        update_fields=[
            "price_book",
            "time_zone",
            "coming_time_zone",
            "zone_changes_at",
            "unlimited",
            "unlimited_until",
        ]
    )
    return wallet


def _require_unmoved(wallet: Wallet) -> None:
    moved = Movement.objects.filter(wallet=wallet).exclude(sequence=1, kind="grant").exists()
    if moved or Account.objects.filter(holder_id=wallet.pk, held__gt=0).exists():
        raise InvalidState("The price book cannot change once the wallet has moved.")


def _change_zone(wallet: Wallet, zone: str, at: datetime) -> None:
    """The new zone holds from the next local day, and for free tokens from the next cycle."""
    calendar = Calendar(wallet.time_zone, wallet.coming_time_zone, wallet.zone_changes_at)
    if calendar.chosen == zone:
        return
    changed = calendar.changed(zone, at)
    wallet.time_zone = changed.time_zone
    wallet.coming_time_zone = changed.coming_time_zone
    wallet.zone_changes_at = changed.changes_at


def _change_unlimited(wallet: Wallet, unlimited: bool, at: datetime) -> None:
    accounts = Account.objects.filter(holder_id=wallet.pk)
    if not unlimited and any(account.balance < account.held for account in accounts):
        raise InvalidState("The wallet is below zero: it stays unlimited until that is paid.")
    accounts.update(overdraft=unlimited)
    wallet.unlimited, wallet.unlimited_until = unlimited, None if unlimited else at


CREDITS = {
    "promotion": ("earned", platform.PROMOTED, "Promotion"),
    "migration": ("purchased", platform.MIGRATED, "Balance carried over from the old platform"),
}
"""Kinds of credit: the bucket it lands in, where it comes from, how it is called."""


def credit_wallet(
    *, owner_type: str, key: str, tokens: int, kind: str, reason: str, actor: str, at: datetime
) -> tuple[Desk, int]:
    """Credit micro-tokens to an owner's wallet; answers the desk as written and the transfer's number."""
    bucket, source, title = CREDITS[kind]

    def work() -> tuple[Desk, int]:
        wallet = Wallet.objects.filter(owner_type=owner_type, owner_key=key).first()
        if wallet is None:
            raise NotFound(f"There is no {owner_type} {key}. Sync it first.")
        desk = open_desk([wallet.pk], at=at)
        transfer = desk.post(
            kind,
            at,
            [(desk.wallets[wallet.pk].bucket(bucket), tokens)],
            against=source,
            description=title,
            actor=actor,
            note=reason,
            credit=True,
        )
        write(desk, at=at)
        return desk, transfer.number if transfer else 0

    return atomically(work, at=at)


def set_frozen(*, wallet: Wallet, frozen: bool, actor: str, reason: str, at: datetime) -> None:
    """Freeze a wallet for staff to look at, or let it go again."""
    with transaction.atomic():
        stored = Wallet.objects.select_for_update(no_key=True).get(pk=wallet.pk)
        before = _facts(stored)
        stored.frozen = frozen
        stored.save(update_fields=["frozen"])
        if stored.awaited and not frozen:
            emit(CREDITED, [stored.pk], at=at)
        _audit(stored, "wallet.freeze" if frozen else "wallet.unfreeze", before, actor, at, reason)


def set_unlimited(
    *, wallet_id: int, unlimited: bool, actor: str, reason: str, at: datetime, address: str = ""
) -> None:
    """Let a wallet be paid for afterwards, or no longer: InvalidState as long as it is below zero."""

    def work() -> None:
        settle_wallets([wallet_id], at=at)
        stored = Wallet.objects.get(pk=wallet_id)
        before = _facts(stored)
        stored = _change_wallet(stored, {"unlimited": unlimited}, at)
        _audit(stored, "wallet.change", before, actor, at, reason, address)

    atomically(work, at=at)


def _opened(wallet: Wallet, actor: str, at: datetime) -> Wallet:
    """The new wallet; that it may go below zero is worth a record from the start."""
    if wallet.unlimited:
        _audit(wallet, "wallet.open", None, actor, at)
    return wallet


def _facts(wallet: Wallet) -> dict[str, Any]:
    """What decides about the wallet's money besides its balance."""
    user = wallet.user
    return {
        "price_book": wallet.price_book_id,
        "time_zone": wallet.coming_time_zone or wallet.time_zone,
        "unlimited": wallet.unlimited,
        "frozen": wallet.frozen,
    } | ({"account_type": user.account_type_id} if user else {})


def _audit(
    wallet: Wallet,
    action: str,
    before: dict[str, Any] | None,
    actor: str,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> None:
    record_audit(
        actor=actor,
        action=action,
        subject=f"{wallet.owner_type}:{wallet.owner_key}",
        before=before,
        after=_facts(wallet),
        at=at,
        reason=reason,
        address=address,
    )
