"""How tokens go from organisations to their members and back: allocate, reclaim, move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.allocations.bars import require_not_barred
from apps.allocations.earmarks import reserved_now
from apps.allocations.models import Allocation, AllocationRun
from apps.core import sql
from apps.core.errors import (
    InsufficientTokens,
    InvalidState,
    MadeAlready,
    NotAMember,
    NotFound,
    PriceBookMismatch,
    ValidationError,
    WalletFrozen,
)
from apps.core.units import LARGEST, format_tokens
from apps.ledger.models import Account
from apps.organisations.models import Membership, Organisation
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Wallet
from apps.wallets.state import ALLOCATED, EARNED, PURCHASED, Desk, WalletState

AT_ONCE = 10_000
"""So many members can be given to in one run."""
CHUNK = 5_000
"""So many names in one question; SQLite takes no more than 32,766 parameters."""


@dataclass(frozen=True, slots=True)
class Item:
    """So many micro-tokens for, or back from, one member."""

    user: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Run:
    """Allocations or reclaims made together: the items, their transfers in the same order, the desk after.

    A run has the number of its first transfer.
    """

    number: int
    items: tuple[Item, ...]
    transfers: tuple[int, ...]
    desk: Desk
    organisation_wallet_id: int


@dataclass(frozen=True, slots=True)
class Author:
    """Who moves tokens and why; a form's key makes sent twice done once, `recurring` is what set it off."""

    actor: str
    note: str = ""
    form_key: UUID | None = None
    recurring: int | None = None


def allocate(
    *,
    organisation: Organisation,
    items: Sequence[Item],
    note: str,
    actor: str,
    at: datetime,
    form_key: UUID | None = None,
    recurring: int | None = None,
    top_up: bool = False,
) -> Run:
    """Move tokens from the organisation to members' allocated buckets: all items or none.

    With `top_up` each item says how many of the organisation's tokens the member is to have: what is missing
    is worked out under the locks, so that two who top up at once do not give double.

    Earned tokens go first, then purchased; free ones stay. NotFound, NotAMember, InvalidState (somebody
    is barred, nothing is missing), PriceBookMismatch or InsufficientTokens change nothing.
    """
    by = Author(actor, note, form_key, recurring)
    choose = _missing if top_up else None
    return _move(organisation, items, by, at, Allocation.Direction.ALLOCATE, _give, choose)


def reclaim(
    *,
    organisation: Organisation,
    items: Sequence[Item],
    note: str,
    actor: str,
    at: datetime,
    form_key: UUID | None = None,
) -> Run:
    """Take unspent, unheld allocated tokens back into the organisation's purchased bucket: all or none."""
    by = Author(actor, note, form_key)
    return _move(organisation, items, by, at, Allocation.Direction.RECLAIM, take_back)


def move(
    *,
    organisation: Organisation,
    giver: str,
    taker: str,
    tokens: int,
    note: str,
    actor: str,
    at: datetime,
    form_key: UUID | None = None,
) -> Run:
    """Reclaim micro-tokens from one member and allocate them to another, both or neither."""
    if giver == taker:
        raise ValidationError({"taker": [_("Choose two different members.")]})

    def work() -> Run:
        with transaction.atomic():
            back, on = [Item(giver, tokens)], [Item(taker, tokens)]
            reclaim(organisation=organisation, items=back, note=note, actor=actor, at=at, form_key=form_key)
            return allocate(organisation=organisation, items=on, note=note, actor=actor, at=at)

    return atomically(work, at=at)


Step = Callable[[Desk, WalletState, WalletState, Item, str, str, datetime], None]
Choose = Callable[[Desk, Wallet, Mapping[str, Wallet], Sequence[Item]], Sequence[Item]]
RESERVED = "reserved"
"""Under this note a desk keeps what earmarks reserve in the organisation's wallet."""


def _move(
    organisation: Organisation,
    items: Sequence[Item],
    by: Author,
    at: datetime,
    direction: Allocation.Direction,
    step: Step,
    choose: Choose | None = None,
) -> Run:
    note, actor = by.note, by.actor
    users = [item.user for item in items]
    _check_items(items)

    def work() -> Run:
        own, wallets = _wallets_of(organisation, users)
        if direction == Allocation.Direction.ALLOCATE:
            _ensure_buckets(own, wallets.values())
        desk = open_desk([own.pk, *(wallet.pk for wallet in wallets.values())], at=at)
        _require_members(organisation, wallets)  # under the locks: nobody leaves any more
        if direction == Allocation.Direction.ALLOCATE:
            require_not_barred(organisation, users)
            desk.notes[RESERVED] = reserved_now(organisation.pk, own.pk)
        _check_wallets(desk, own.pk, direction)
        _require_new(by)
        first = len(desk.transfers)
        moved = choose(desk, own, wallets, items) if choose else items
        for item in moved:
            step(desk, desk.wallets[own.pk], desk.wallets[wallets[item.user].pk], item, note, actor, at)
        write(desk, at=at)
        made = tuple(transfer.number for transfer in desk.transfers[first:])
        record_run(organisation, wallets, moved, made, direction, by, at)
        return Run(made[0], tuple(moved), made, desk, own.pk)

    return atomically(work, at=at)


def _missing(desk: Desk, own: Wallet, wallets: Mapping[str, Wallet], items: Sequence[Item]) -> Sequence[Item]:
    """What each lacks of the amount of the item; InvalidState if nobody lacks any."""
    lacking = []
    for item in items:
        bucket = desk.wallets[wallets[item.user].pk].buckets.get((ALLOCATED, own.pk))
        tokens = item.tokens - (bucket.available if bucket else 0)
        if tokens > 0:
            lacking.append(Item(item.user, tokens))
    if not lacking:
        raise InvalidState(_("Everybody has that many already: nothing would move."))
    return lacking


def _check_items(items: Sequence[Item]) -> None:
    """ValidationError unless members are named, each once, with amounts that can move."""
    if not items:
        raise ValidationError({"items": [_("Name at least one member.")]})
    if len({item.user for item in items}) != len(items):
        raise ValidationError({"items": ["Each member can be named once."]})
    if not all(0 < item.tokens <= LARGEST for item in items):
        raise ValidationError({"tokens": [_("More than 0 and at most 1000000000000 tokens are possible.")]})


def _wallets_of(organisation: Organisation, users: Sequence[str]) -> tuple[Wallet, dict[str, Wallet]]:
    """The organisation's wallet and those of the users; NotFound for the first unknown one."""
    own = list(Wallet.objects.filter(owned_by(organisation, users[:CHUNK])))
    for start in range(CHUNK, len(users), CHUNK):
        own += Wallet.objects.filter(owned_by(None, users[start : start + CHUNK]))
    found = {wallet.owner_key: wallet for wallet in own if wallet.user_id is not None}
    unknown = next((user for user in users if user not in found), None)
    if unknown is not None:
        raise NotFound(f"There is no user {unknown}. Sync it first.")
    return next(wallet for wallet in own if wallet.user_id is None), {user: found[user] for user in users}


def owned_by(organisation: Organisation | None, users: Sequence[str]) -> Q:
    """The wallets of these users, and the organisation's."""
    of_users = Q(owner_type="user", owner_key__in=users)
    return of_users | Q(organisation=organisation) if organisation else of_users


def _require_new(by: Author) -> None:
    """MadeAlready if a form with this key was carried out; looked at under the locks."""
    if by.form_key is not None and AllocationRun.objects.filter(form_key=by.form_key).exists():
        raise MadeAlready(_("This was done already: it is not done twice."))


def _require_members(organisation: Organisation, wallets: Mapping[str, Wallet]) -> None:
    """NotAMember for the first who does not belong to the organisation."""
    present = Membership.objects.filter(organisation=organisation, ended_at=None)
    if len(wallets) < CHUNK:
        present = present.filter(user_id__in=[wallet.user_id for wallet in wallets.values()])
    members = set(present.values_list("user_id", flat=True))
    for user, wallet in wallets.items():
        if wallet.user_id not in members:
            raise NotAMember(f"{user} is not a member of {organisation.platform_id}.")


def _ensure_buckets(own: Wallet, wallets: Iterable[Wallet]) -> None:
    """A bucket for this organisation's tokens in each wallet; those that are there stay. In the order of
    the wallets, so that two runs never wait for each other in a circle."""
    Account.objects.bulk_create(
        [
            Account(holder_id=wallet_id, kind=ALLOCATED, source_id=own.pk)
            for wallet_id in sorted(wallet.pk for wallet in wallets)
        ],
        ignore_conflicts=True,
    )


def _check_wallets(desk: Desk, own: int, direction: str) -> None:
    """WalletFrozen or PriceBookMismatch if tokens may not move between these wallets."""
    for wallet in desk.wallets.values():
        if wallet.frozen:
            raise WalletFrozen(f"The wallet of {wallet.owner_key} is frozen. Ask the platform's support.")
    for wallet in desk.wallets.values():
        if direction == Allocation.Direction.ALLOCATE and wallet.price_book != desk.wallets[own].price_book:
            raise PriceBookMismatch(
                f"{wallet.owner_key} is in the price book {wallet.price_book}: "
                f"tokens of {desk.wallets[own].price_book} cannot be moved there."
            )


def _give(
    desk: Desk, own: WalletState, member: WalletState, item: Item, note: str, actor: str, at: datetime
) -> None:
    purchased = own.bucket(PURCHASED)
    lasting = max(own.bucket(EARNED).available, 0)
    earned = min(lasting, item.tokens)
    bought = item.tokens - earned
    free_of_earmarks = max(lasting + purchased.available - desk.notes.get(RESERVED, 0), 0)
    lacking = max(bought - max(purchased.available, 0), item.tokens - free_of_earmarks)
    if lacking > 0 and not own.unlimited:
        missing = lacking
        raise InsufficientTokens(
            _(
                "%(tokens)s earned or purchased tokens are missing in the wallet of organisation "
                "%(organisation)s for %(member)s. Free tokens cannot be allocated."
            )
            % {
                "tokens": format_tokens(missing),
                "organisation": own.owner_key,
                "member": member.owner_key,
            },
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


def take_back(
    desk: Desk, own: WalletState, member: WalletState, item: Item, note: str, actor: str, at: datetime
) -> None:
    """One reclaim on the desk; InsufficientTokens for more than is unspent and not held."""
    bucket = member.buckets.get((ALLOCATED, own.id))
    unspent = bucket.available if bucket else 0
    if bucket is None or item.tokens > unspent:
        raise InsufficientTokens(
            _("%(member)s has %(tokens)s unspent tokens of %(organisation)s that are not held.")
            % {
                "member": member.owner_key,
                "tokens": format_tokens(unspent),
                "organisation": own.owner_key,
            },
            missing=format_tokens(item.tokens - unspent),
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


def record_run(
    organisation: Organisation,
    wallets: Mapping[str, Wallet],
    items: Sequence[Item],
    transfers: Sequence[int],
    direction: str,
    by: Author,
    at: datetime,
) -> None:
    """Put a run on file with its items; it has the number of its first transfer."""
    note, actor = by.note, by.actor
    AllocationRun.objects.create(
        number=transfers[0],
        organisation=organisation,
        direction=direction,
        members=len(items),
        tokens_micro=sum(item.tokens for item in items),
        at=at,
        actor=actor,
        note=note,
        form_key=by.form_key,
        recurring_id=by.recurring,
    )
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
                transfers[0],
                organisation.pk,
                wallets[item.user].user_id,
                str(direction),
                item.tokens,
                transfer,
                at,
                actor,
                note,
            )
            for item, transfer in zip(items, transfers, strict=True)
        ],
    )
