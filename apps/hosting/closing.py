"""The end of an organisation: everybody leaves, what was allocated comes back, its wallet stays, frozen.

There is no way back to money (organisations.md, allocations), so what it holds stays on record with it.
Bills and statements stay too. Owners close; nothing is closed while something is under way or owed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, OuterRef, QuerySet, Subquery, Sum, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.allocations.alerts import watch
from apps.allocations.inviting import open_invitations, revoke_invitation
from apps.allocations.models import LimitRequest, RecurringAllocation
from apps.allocations.recurring import end_recurring
from apps.allocations.services import AT_ONCE, Item, reclaim
from apps.core import figures
from apps.core.errors import InvalidState
from apps.hosting.models import Bill
from apps.hosting.selectors import accruing_of
from apps.identity.auditing import record_audit
from apps.identity.models import ApiKey
from apps.identity.services import Author, revoke_api_key
from apps.ledger.models import Account
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import close, end_all_memberships, lock_organisation
from apps.plans.models import Subscription
from apps.plans.services import end_plan, subscription_on
from apps.wallets.books import atomically, project
from apps.wallets.models import Wallet
from apps.wallets.services import set_frozen
from apps.wallets.state import ALLOCATED

UNPAID = (Bill.State.OPEN, Bill.State.OVERDUE)


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing would do: micro-tokens in the wallet now and after what members have unspent is back,
    and why it cannot be done, if something stands in its way."""

    members: int
    keys: int
    before: int
    returned: int
    obstacles: tuple[str, ...]

    @property
    def after(self) -> int:
        return self.before + self.returned


def foresee_closing(organisation: Organisation, *, at: datetime) -> Closing:
    """The effect of closing now; at most seven queries."""
    wallet = _counted(organisation)
    state = project([wallet.pk], at=at).wallets[wallet.pk]
    held = state.held + (wallet.held_by_members or 0)
    return Closing(
        members=wallet.members or 0,
        keys=wallet.keys or 0,
        before=state.balance,
        returned=wallet.given or 0,
        obstacles=tuple(_obstacles(wallet, state.balance, held, at)),
    )


def _counted(organisation: Organisation) -> Any:
    """The organisation's wallet with what closing looks at, in one query."""

    def over(rows: QuerySet[Any], of: Aggregate) -> Subquery:
        return Subquery(rows.order_by().values(one=Value(1)).annotate(of=of).values("of"))

    given = Account.objects.filter(kind=ALLOCATED, source_id=OuterRef("pk"))
    members = Membership.objects.filter(organisation=OuterRef("organisation"), ended_at=None)
    keys = ApiKey.objects.filter(client__organisation=OuterRef("owner_key"), revoked_at=None)
    unpaid = Bill.objects.filter(payer=OuterRef("pk"), state__in=UNPAID)
    return Wallet.objects.annotate(
        given=over(given, Sum("balance")),
        held_by_members=over(given, Sum("held")),
        members=over(members, Count("pk")),
        keys=over(keys, Count("pk")),
        unpaid=over(unpaid, Count("pk")),
    ).get(organisation=organisation)


def close_organisation(*, organisation: Organisation, actor: str, at: datetime) -> None:
    """Close it, all or nothing. InvalidState if something stands in its way, or if it is closed already."""

    def work() -> None:
        lock_organisation(organisation)
        foreseen = foresee_closing(organisation, at=at)
        if foreseen.obstacles:
            raise InvalidState(" ".join(foreseen.obstacles))
        _take_back(organisation, actor, at)
        _end_what_goes_on(organisation, actor, at)
        watch(end_all_memberships(organisation=organisation, actor=actor, at=at))
        wallet = Wallet.objects.get(organisation=organisation)
        set_frozen(wallet=wallet, frozen=True, actor=actor, reason="The organisation was closed", at=at)
        close(organisation, at=at)
        record_audit(
            actor=actor,
            action="organisation.close",
            subject=f"organisation:{organisation.platform_id}",
            before={"members": foreseen.members},
            after={"members": 0},
            at=at,
        )

    atomically(work, at=at)


def _allocated(wallet: Wallet) -> QuerySet[Account]:
    return Account.objects.filter(kind=ALLOCATED, source_id=wallet.pk)


def _keys(organisation: Organisation) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(client__organisation=organisation.platform_id, revoked_at=None)


def _obstacles(wallet: Any, balance: int, held: int, at: datetime) -> Iterator[str]:
    if held:
        words = {"tokens": figures.figure(held)}
        yield _("%(tokens)s tokens are held for what is under way. Wait until it has ended.") % words
    if balance < 0:
        words = {"tokens": figures.figure(-balance)}
        yield _("%(tokens)s tokens were used and not paid yet. Pay them first.") % words
    if wallet.unpaid:
        words_for = ngettext(
            "%(count)d bill is not paid yet.", "%(count)d bills are not paid yet.", wallet.unpaid
        )
        yield words_for % {"count": wallet.unpaid}
    accruing = accruing_of(wallet, at=at)
    if accruing is not None and (accruing.whole.tokens or accruing.unbilled):
        yield _(
            "It pays for what is hosted. End that on the platform, or let somebody else pay; "
            "the last bill comes on %(day)s."
        ) % {"day": figures.day_name(wallet.calendar.day_of(accruing.month.ends_at))}


def _take_back(organisation: Organisation, actor: str, at: datetime) -> None:
    """All that members have unspent returns, in runs as large as they may be."""
    wallet = Wallet.objects.get(organisation=organisation)
    left = dict(_allocated(wallet).filter(balance__gt=0).values_list("holder_id", "balance"))
    holders = Wallet.objects.filter(pk__in=_allocated(wallet).filter(balance__gt=0).values("holder_id"))
    items = [Item(key, left[pk]) for pk, key in holders.order_by("pk").values_list("pk", "owner_key")]
    for start in range(0, len(items), AT_ONCE):
        reclaim(
            organisation=organisation,
            items=items[start : start + AT_ONCE],
            note="The organisation was closed",
            actor=actor,
            at=at,
        )


def _end_what_goes_on(organisation: Organisation, actor: str, at: datetime) -> None:
    """Recurring allocations, invitations, open requests, the plan, and keys."""
    for number in RecurringAllocation.objects.filter(organisation=organisation, ended_at=None).values_list(
        "pk", flat=True
    ):
        end_recurring(organisation=organisation, number=number, actor=actor, at=at)
    for invitation in open_invitations(organisation, at=at):
        revoke_invitation(organisation=organisation, number=invitation.pk, actor=actor, at=at)
    LimitRequest.objects.filter(organisation=organisation, state=LimitRequest.State.OPEN).update(
        state=LimitRequest.State.WITHDRAWN, decided_at=at, decided_by=actor[:160]
    )
    today = Wallet.objects.get(organisation=organisation).calendar.day_of(at)
    held = subscription_on(organisation, today)
    coming = Subscription.objects.filter(organisation=organisation, from_on__gt=today)
    if held is not None and (held.until_on is None or coming.exists()):
        end_plan(organisation=organisation, actor=actor, at=at, reason="The organisation was closed")
    for key in _keys(organisation):
        if key.works_at(at):
            revoke_api_key(key_id=key.pk, at=at, by=Author(actor))
