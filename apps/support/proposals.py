"""What staff ask for: done at once within their reach, else when another person has approved.

Every write locks the proposal first and then the wallets. It looks again at what it would do under those
locks, and refuses where that is no longer what the person confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.core import sql
from apps.core.errors import IdempotencyConflict, InvalidState, NotFound, PermissionDenied, ValidationError
from apps.identity.auditing import Facts, record_audit
from apps.identity.models import User
from apps.support.cases import tell_case
from apps.support.kinds import Effect, Kind, Order, Payload, kind_of
from apps.support.models import Case, Proposal
from apps.support.roles import Action, Reach, may, may_alone, reach
from apps.support.thresholds import LIMITED, needs_second, threshold_of
from apps.wallets.books import atomically

State = Proposal.State
LONGEST_REASON = 500


class Stale(InvalidState):
    """What would be done is not what was confirmed."""

    code, title = "stale", "Something changed meanwhile"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody confirmed: the kind with its values, why, and the sum of the facts they saw.

    `form_key` belongs to the form: the same form sent twice is one wish.
    """

    kind: str
    payload: Payload
    reason: str
    seen: str
    form_key: UUID


def actor_of(user: User) -> str:
    """How people are named in transfers and in the trail."""
    return f"user:{user.platform_id}"


def foresee(kind: str, payload: Payload, *, by: User, at: datetime) -> tuple[Effect, bool]:
    """What would be done, and whether a second person must approve; a Problem says why it cannot be."""
    found = kind_of(kind)
    _require_reach(found, by)
    effect = found.foresee(payload, at)
    return effect, _needs_second(found, effect, by, at)


def request(*, wish: Wish, by: User, at: datetime, case: Case | None = None, address: str = "") -> Proposal:
    """Do what is wished, or propose it where that takes a second person.

    The same form again answers the same proposal. PermissionDenied beyond the role's reach,
    ValidationError without a reason, Stale where the facts are not those that were seen, and whatever
    Problem the kind has with it.
    """
    try:
        return atomically(lambda: _request(wish, by, at, case, address), at=at)
    except IntegrityError as error:
        if "form_key" not in str(error):
            raise
        return _sent_before(wish, by) or _raise(error)


def _request(wish: Wish, by: User, at: datetime, case: Case | None, address: str) -> Proposal:
    before = _sent_before(wish, by)
    if before is not None:
        return before
    kind = kind_of(wish.kind)
    _require_reach(kind, by)
    reason = _reason(wish.reason)
    effect = _foreseen(kind, wish.payload, at, wish.seen)
    proposal = Proposal(
        kind=kind.code,
        payload=dict(wish.payload),
        reason=reason,
        needs_second=_needs_second(kind, effect, by, at),
        requested_by=by,
        requested_at=at,
        case=case,
        form_key=wish.form_key,
    )
    _show(proposal, effect)
    if not proposal.needs_second:
        _execute(proposal, kind, by, at, address)
    proposal.save()
    _audit(proposal, "proposal.request", None, by, at, reason, address)
    return proposal


def change(
    *, proposal_id: int, version: int, wish: Wish, by: User, at: datetime, address: str = ""
) -> Proposal:
    """Let one's own open proposal say something else; who looked at it before has to look again."""

    def work() -> Proposal:
        proposal = _open(proposal_id)
        if proposal.requested_by_id != by.pk:
            raise PermissionDenied(_("Only who proposed it can change it."))
        if proposal.kind != wish.kind:
            raise InvalidState(_("Another kind is another proposal."))
        _require_version(proposal, version)
        kind, before = kind_of(wish.kind), _facts(proposal)
        proposal.reason = _reason(wish.reason)
        proposal.payload = dict(wish.payload)
        _show(proposal, _foreseen(kind, wish.payload, at, wish.seen))
        proposal.version += 1
        proposal.save()
        _audit(proposal, "proposal.change", before, by, at, proposal.reason, address)
        return proposal

    return atomically(work, at=at)


def approve(
    *, proposal_id: int, version: int, seen: str, by: User, at: datetime, note: str = "", address: str = ""
) -> Proposal:
    """Approve another person's proposal and carry it out, once.

    PermissionDenied for one's own or without the right; Stale if it was changed or would do something
    else than was seen; InvalidState once it is decided (the same approval again answers the same).
    """

    def work() -> Proposal:
        proposal = _locked(proposal_id)
        if proposal.state == State.EXECUTED and proposal.decided_by_id == by.pk:
            return proposal
        _require_open(proposal)
        _require_decider(proposal, by)
        _require_version(proposal, version)
        kind, before = kind_of(proposal.kind), _facts(proposal)
        _show(proposal, _foreseen(kind, proposal.payload, at, seen))
        proposal.decision = note.strip()[:LONGEST_REASON]
        _execute(proposal, kind, by, at, address)
        proposal.save()
        _audit(proposal, "proposal.approve", before, by, at, note, address)
        return proposal

    return atomically(work, at=at)


def decline(*, proposal_id: int, note: str, by: User, at: datetime, address: str = "") -> Proposal:
    """Refuse another person's proposal and say why; nothing else changes."""
    return _close(proposal_id, State.DECLINED, note, by, at, address, _require_decider)


def withdraw(*, proposal_id: int, by: User, at: datetime, address: str = "") -> Proposal:
    """Take one's own proposal back."""

    def require_own(proposal: Proposal, by: User) -> None:
        if proposal.requested_by_id != by.pk:
            raise PermissionDenied(_("Only who proposed it can withdraw it."))

    return _close(proposal_id, State.WITHDRAWN, None, by, at, address, require_own)


def _close(
    proposal_id: int,
    state: Proposal.State,
    note: str | None,
    by: User,
    at: datetime,
    address: str,
    check: Callable[[Proposal, User], None],
) -> Proposal:
    def work() -> Proposal:
        proposal = _locked(proposal_id)
        if proposal.state == state and proposal.decided_by_id == by.pk:
            return proposal
        _require_open(proposal)
        check(proposal, by)
        before = _facts(proposal)
        proposal.decision = "" if note is None else _reason(note)
        _decide(proposal, state, by, at)
        proposal.save()
        _audit(proposal, f"proposal.{state.value}", before, by, at, proposal.decision, address)
        return proposal

    return atomically(work, at=at)


def may_decide(proposal: Proposal, user: User) -> bool:
    """Whether a person could approve or decline this proposal."""
    return (
        proposal.requested_by_id != user.pk
        and may_alone(user, Action.APPROVE)
        and may(user, kind_of(proposal.kind).action)
    )


def _foreseen(kind: Kind, payload: Payload, at: datetime, seen: str) -> Effect:
    """The effect under the locks of the wallets it touches; Stale if its facts are not those seen."""
    sql.lock_rows("wallets_wallet", kind.scope(payload))
    effect = kind.foresee(payload, at)
    if effect.seen != seen:
        raise Stale(_("Something changed since you looked. Look at the effect again before you confirm it."))
    return effect


def _execute(proposal: Proposal, kind: Kind, by: User, at: datetime, address: str) -> None:
    order = Order(proposal.payload, proposal.reason, actor_of(proposal.requested_by), at, address)
    outcome = kind.execute(order)
    proposal.transfer_number = outcome.transfer
    _decide(proposal, State.EXECUTED, by, at)
    if proposal.case is not None and outcome.said:
        tell_case(case=proposal.case, text=outcome.said, by=proposal.requested_by, at=at)


def _decide(proposal: Proposal, state: Proposal.State, by: User, at: datetime) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, at


def _show(proposal: Proposal, effect: Effect) -> None:
    proposal.effect = effect.as_json()
    proposal.tokens_micro = effect.tokens
    proposal.wallet_id, proposal.charge_id = effect.wallet_id, effect.charge_id


def _needs_second(kind: Kind, effect: Effect, by: User, at: datetime) -> bool:
    threshold = threshold_of(by, kind.action, at=at) if kind.action in LIMITED else 0
    tokens = effect.tokens if kind.action in LIMITED else None
    return needs_second(reach(by, kind.action), tokens, threshold)


def _require_reach(kind: Kind, by: User) -> None:
    if reach(by, kind.action) == Reach.NOTHING:
        raise PermissionDenied(_("Your role does not do this."))


def _require_decider(proposal: Proposal, by: User) -> None:
    if proposal.requested_by_id == by.pk:
        raise PermissionDenied(_("Nobody decides on their own proposal. Ask another person."))
    if not may_decide(proposal, by):
        raise PermissionDenied(_("Your role does not approve this."))


def _require_version(proposal: Proposal, version: int) -> None:
    if proposal.version != version:
        raise Stale(_("The proposal was changed since you looked. Look at it again before you confirm it."))


def _require_open(proposal: Proposal) -> None:
    if proposal.state != State.OPEN:
        raise InvalidState(_("It is decided already: %(state)s.") % {"state": proposal.get_state_display()})


def _open(proposal_id: int) -> Proposal:
    proposal = _locked(proposal_id)
    _require_open(proposal)
    return proposal


def _locked(proposal_id: int) -> Proposal:
    """The proposal under its lock: decisions on it come one after the other."""
    sql.lock_rows("support_proposal", [proposal_id])
    return _stored(proposal_id)


def _stored(proposal_id: int) -> Proposal:
    found = (
        Proposal.objects.select_related("requested_by", "decided_by", "case").filter(pk=proposal_id).first()
    )
    if found is None:
        raise NotFound(f"There is no proposal {proposal_id}.")
    return found


def _sent_before(wish: Wish, by: User) -> Proposal | None:
    """The proposal of the same form; IdempotencyConflict if that said something else."""
    found = Proposal.objects.filter(form_key=wish.form_key).first()
    if found is None:
        return None
    same = (found.kind, found.payload, found.requested_by_id) == (wish.kind, dict(wish.payload), by.pk)
    if not same:
        raise IdempotencyConflict(_("This form was sent before with other values. Open it anew."))
    return found


def _raise(error: Exception) -> Any:
    raise error


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise ValidationError({"reason": [_("Say why.")]})
    if len(reason) > LONGEST_REASON:
        raise ValidationError(
            {"reason": [_("At most %(count)d characters are possible.") % {"count": LONGEST_REASON}]}
        )
    return reason


def _facts(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind,
        "payload": dict(proposal.payload),
        "version": proposal.version,
        "state": str(proposal.state),
        "transfer": proposal.transfer_number,
    }


def _audit(
    proposal: Proposal, action: str, before: Facts, by: User, at: datetime, reason: str, address: str
) -> None:
    record_audit(
        actor=actor_of(by),
        action=action,
        subject=f"proposal:{proposal.pk}",
        before=before,
        after=_facts(proposal),
        at=at,
        reason=reason,
        address=address,
    )
