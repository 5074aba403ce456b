"""How organisations fund their members: allocate, reclaim, coverage, limits, personal budgets, leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.allocations.models import Allocation, FundingRule, PersonalBudget, SpendingLimit
from apps.core import sql
from apps.core.errors import (
    InsufficientTokens,
    NotAMember,
    NotFound,
    PriceBookMismatch,
    ValidationError,
    WalletFrozen,
)
from apps.core.units import format_tokens
from apps.identity.models import User
from apps.ledger import numbers
from apps.ledger.models import Account
from apps.organisations.models import CostCentre, Membership, Organisation, Role
from apps.organisations.services import end_membership
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Wallet
from apps.wallets.state import ALLOCATED, EARNED, PURCHASED, Desk, WalletState

AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """So many micro-tokens for, or back from, one member."""

    user: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Run:
    """Allocations or reclaims made together: their number, the transfers by member, the desk after."""

    number: int
    transfers: dict[str, int]
    desk: Desk
    organisation_wallet_id: int
    wallets: dict[str, int]


def allocate(
    *, organisation: Organisation, items: Sequence[Item], note: str, actor: str, at: datetime
) -> Run:
    """Move tokens from the organisation to members' allocated buckets: all items or none.

    Earned tokens go first, then purchased; free ones stay. NotFound, NotAMember, PriceBookMismatch or
    InsufficientTokens change nothing.
    """
    return _move(organisation, items, note, actor, at, Allocation.Direction.ALLOCATE, _give)


def reclaim(*, organisation: Organisation, items: Sequence[Item], note: str, actor: str, at: datetime) -> Run:
    """Take unspent, unheld allocated tokens back into the organisation's purchased bucket: all or none."""
    return _move(organisation, items, note, actor, at, Allocation.Direction.RECLAIM, _take_back)


Step = Callable[[Desk, WalletState, WalletState, Item, str, str, datetime], None]


def _move(
    organisation: Organisation,
    items: Sequence[Item],
    note: str,
    actor: str,
    at: datetime,
    direction: Allocation.Direction,
    step: Step,
) -> Run:
    users = [item.user for item in items]
    if len(set(users)) != len(users):
        raise ValidationError({"items": ["Each member can be named once."]})

    def work() -> Run:
        own = Wallet.objects.get(organisation=organisation)
        wallets = _member_wallets(organisation, users)
        _ensure_buckets(own, wallets.values())
        desk = open_desk([own.pk, *(wallet.pk for wallet in wallets.values())], at=at)
        _check_wallets(desk, own.pk, direction)
        first = len(desk.transfers)
        for item in items:
            step(desk, desk.wallets[own.pk], desk.wallets[wallets[item.user].pk], item, note, actor, at)
        write(desk, at=at)
        made = [transfer.number for transfer in desk.transfers[first:]]
        transfers = dict(zip(users, made, strict=True))
        run = numbers.take(1)[0]
        _record(run, organisation, wallets, items, transfers, direction, actor, note, at)
        return Run(run, transfers, desk, own.pk, {user: wallet.pk for user, wallet in wallets.items()})

    return atomically(work, at=at)


def _member_wallets(organisation: Organisation, users: Sequence[str]) -> dict[str, Wallet]:
    wallets: dict[str, Wallet] = {}
    for start in range(0, len(users), 500):
        part = users[start : start + 500]
        found = Wallet.objects.filter(owner_type="user", owner_key__in=part)
        wallets |= {wallet.owner_key: wallet for wallet in found}
    unknown = [user for user in users if user not in wallets]
    if unknown:
        raise NotFound(f"There is no user {unknown[0]}. Sync it first.")
    members = set(
        Membership.objects.filter(organisation=organisation, ended_at=None).values_list("user_id", flat=True)
    )
    strangers = [user for user in users if wallets[user].user_id not in members]
    if strangers:
        raise NotAMember(f"{strangers[0]} is not a member of {organisation.platform_id}.")
    return wallets


def _ensure_buckets(own: Wallet, wallets: Iterable[Wallet]) -> None:
    """A bucket for this organisation's tokens in each wallet; those that are there stay."""
    Account.objects.bulk_create(
        [Account(holder_id=wallet.pk, kind=ALLOCATED, source_id=own.pk) for wallet in wallets],
        ignore_conflicts=True,
    )


def _check_wallets(desk: Desk, own: int, direction: str) -> None:
    """WalletFrozen or PriceBookMismatch if tokens may not move between these wallets."""
    for wallet in desk.wallets.values():
        if wallet.frozen:
            raise WalletFrozen(f"The wallet of {wallet.owner_key} is frozen. Ask the platform's support.")
        if direction == Allocation.Direction.ALLOCATE and wallet.price_book != desk.wallets[own].price_book:
            raise PriceBookMismatch(
                f"{wallet.owner_key} is in the price book {wallet.price_book}: "
                f"tokens of {desk.wallets[own].price_book} cannot be moved there."
            )


def _give(
    desk: Desk, own: WalletState, member: WalletState, item: Item, note: str, actor: str, at: datetime
) -> None:
    earned = min(max(own.bucket(EARNED).available, 0), item.tokens)
    bought = item.tokens - earned
    purchased = own.bucket(PURCHASED)
    if bought > max(purchased.available, 0) and not own.unlimited:
        missing = bought - max(purchased.available, 0)
        raise InsufficientTokens(
            f"{format_tokens(missing)} earned or purchased tokens are missing in the wallet of organisation "
            f"{own.owner_key} for {member.owner_key}. Free tokens cannot be allocated.",
            missing=format_tokens(missing),
            wallet={"type": own.owner_type, "id": own.owner_key},
        )
    desk.post(
        "allocation",
        at,
        [
            (own.bucket(EARNED), -earned),
            (purchased, -bought),
            (member.bucket(ALLOCATED, own.id), item.tokens),
        ],
        description=f"Allocated by {own.owner_key} to {member.owner_key}",
        actor=actor,
        note=note,
        credit=True,
    )


def _take_back(
    desk: Desk, own: WalletState, member: WalletState, item: Item, note: str, actor: str, at: datetime
) -> None:
    bucket = member.bucket(ALLOCATED, own.id)
    if item.tokens > bucket.available:
        raise InsufficientTokens(
            f"{member.owner_key} has {format_tokens(bucket.available)} unspent tokens of {own.owner_key} "
            "that are not held.",
            missing=format_tokens(item.tokens - bucket.available),
            wallet={"type": member.owner_type, "id": member.owner_key},
        )
    desk.post(
        "reclaim",
        at,
        [(bucket, -item.tokens), (own.bucket(PURCHASED), item.tokens)],
        description=f"Reclaimed by {own.owner_key} from {member.owner_key}",
        actor=actor,
        note=note,
        credit=True,
    )


def _record(
    run: int,
    organisation: Organisation,
    wallets: Mapping[str, Wallet],
    items: Sequence[Item],
    transfers: Mapping[str, int],
    direction: str,
    actor: str,
    note: str,
    at: datetime,
) -> None:
    sql.insert(
        "allocations_allocation",
        (
            "number",
            "organisation_id",
            "user_id",
            "direction",
            "tokens_micro",
            "transfer_id",
            "at",
            "actor",
            "note",
        ),
        [
            (
                run,
                organisation.pk,
                wallets[item.user].user_id,
                str(direction),
                item.tokens,
                transfers[item.user],
                at,
                actor,
                note,
            )
            for item in items
        ],
    )


def remove_member(*, organisation: Organisation, user: User, actor: str, at: datetime) -> None:
    """Let a member leave: unspent, unheld allocated tokens return; what open holds keep returns with them."""

    def work() -> None:
        own = Wallet.objects.get(organisation=organisation)
        wallet = Wallet.objects.get(user=user)
        desk = open_desk([own.pk, wallet.pk], at=at)
        bucket = desk.wallets[wallet.pk].buckets.get((ALLOCATED, own.pk))
        if bucket is not None and bucket.available > 0:
            item = Item(user.platform_id, bucket.available)
            _take_back(
                desk, desk.wallets[own.pk], desk.wallets[wallet.pk], item, "Left the organisation", actor, at
            )
        write(desk, at=at)
        end_membership(organisation=organisation, user=user, at=at)

    atomically(work, at=at)


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """Whom a rule is about: organisation, members, a role, a member or a cost centre."""

    type: str
    key: str = ""


def check_subject(organisation: Organisation, subject: SubjectRef) -> None:
    """NotFound or ValidationError unless the subject exists in the organisation."""
    if subject.type in {"organisation", "members"}:
        if subject.key:
            raise ValidationError({"subject.id": [f"The subject {subject.type} has no id."]})
        return
    if not subject.key:
        raise ValidationError({"subject.id": [f"Which {subject.type.replace('_', ' ')} is meant?"]})
    if subject.type == "role" and subject.key not in Role.values:
        raise ValidationError({"subject.id": [f"Roles are: {', '.join(Role.values)}."]})
    if subject.type == "member":
        _require_member(organisation, subject.key)
    centres = CostCentre.objects.filter(organisation=organisation, platform_id=subject.key)
    if subject.type == "cost_centre" and not centres.exists():
        raise NotFound(f"{organisation.platform_id} has no cost centre {subject.key}.")


def _require_member(organisation: Organisation, key: str) -> None:
    if not User.objects.filter(platform_id=key).exists():
        raise NotFound(f"There is no user {key}. Sync it first.")
    present = Membership.objects.filter(organisation=organisation, user__platform_id=key, ended_at=None)
    if not present.exists():
        raise NotAMember(f"{key} is not a member of {organisation.platform_id}.")


def set_funding(
    *, organisation: Organisation, subject: SubjectRef, mode: str, micro_percent: int
) -> tuple[FundingRule, bool]:
    """Say who pays for the subject's charges: mode, and coverage in millionths of a percent."""
    with transaction.atomic():
        check_subject(organisation, subject)
        return FundingRule.objects.update_or_create(
            organisation=organisation,
            subject_type=subject.type,
            subject_key=subject.key,
            defaults={"mode": mode, "coverage_micro_percent": micro_percent},
        )


def remove_funding(*, organisation: Organisation, subject: SubjectRef) -> None:
    """Take a subject's own rule back: the next less specific one holds again."""
    FundingRule.objects.filter(
        organisation=organisation, subject_type=subject.type, subject_key=subject.key
    ).delete()


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit to set (micro-tokens; None is explicitly no limit) or to remove."""

    subject: SubjectRef
    period: str
    tokens: int | None
    remove: bool = False


def set_limits(*, organisation: Organisation, changes: Sequence[LimitChange]) -> None:
    """Set or remove the limits listed, all or none; others stay as they are."""
    with transaction.atomic():
        for change in changes:
            check_subject(organisation, change.subject)
            which: dict[str, Any] = {
                "organisation": organisation,
                "subject_type": change.subject.type,
                "subject_key": change.subject.key,
                "period": change.period,
            }
            if change.remove:
                SpendingLimit.objects.filter(**which).delete()
            else:
                SpendingLimit.objects.update_or_create(**which, defaults={"tokens_micro": change.tokens})


def set_personal_budget(*, user: User, tokens: int | None, blocks: bool) -> PersonalBudget | None:
    """A person's own monthly cap in micro-tokens on what their own wallet pays; None takes it away."""
    if tokens is None:
        PersonalBudget.objects.filter(user=user).delete()
        return None
    budget, _ = PersonalBudget.objects.update_or_create(
        user=user, defaults={"tokens_micro": tokens, "blocks": blocks}
    )
    return budget
