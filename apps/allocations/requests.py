"""Asking for more than a limit allows, and deciding about it (organisations.md, budget exceeded).

A request is about one limit; on a person's limit it is the person's, whichever rule it comes from. What is
granted until the period ends is a `LimitRaise`, which lapses by its dates; for good it is a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule
from apps.allocations.models import LimitRaise, LimitRequest
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.allocations.selectors import rules_of
from apps.core.errors import InvalidState, NotAMember, NotFound, ValidationError
from apps.core.periods import PERIODS, Period, first_day, following
from apps.core.units import LARGEST, format_tokens
from apps.events.outbox import emit
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.organisations.models import CostCentre, Membership, Organisation
from apps.organisations.services import lock_organisation
from apps.wallets.models import Wallet

ASKED, DECIDED = "limit.asked", "limit.decided"
"""Events, with the request as their key."""
Answer = Literal["granted", "raised", "declined"]


@dataclass(frozen=True, slots=True)
class LimitName:
    """Which limit is meant: `member` for any limit on a person."""

    subject: SubjectRef
    period: Period


def limit_now(organisation: Organisation, user: User, name: LimitName, *, at: datetime) -> Limit | None:
    """The limit of that name as it holds for the person now, raises included; None where none does."""
    wallet = Wallet.objects.get(organisation=organisation)
    calendar = wallet.calendar
    rules = rules_of(organisation.pk)
    if name.subject.type == limits.MEMBER:
        member = Membership.objects.filter(organisation=organisation, user=user, ended_at=None).first()
        found = limits.apply(
            rules,
            scope=wallet.pk,
            calendar=calendar,
            day=calendar.day_of(at),
            member=user.platform_id,
            role=member.role if member else None,
        )
        return _of_period(found, name.period, (limits.MEMBER, limits.ROLE, limits.MEMBERS))
    centres = [name.subject.key] if name.subject.type == limits.COST_CENTRE else []
    found = limits.apply_shared(
        rules, scope=wallet.pk, calendar=calendar, day=calendar.day_of(at), cost_centres=centres
    )
    return _of_period(found, name.period, (name.subject.type,))


def _of_period(found: Sequence[Limit], period: Period, kinds: Sequence[str]) -> Limit | None:
    return next(
        (limit for limit in found if limit.rule.period == period and limit.rule.subject_type in kinds), None
    )


def ask_for_more(
    *,
    organisation: Organisation,
    user: User,
    name: LimitName,
    tokens: int,
    reason: str,
    at: datetime,
) -> LimitRequest:
    """Ask for so many micro-tokens more under a limit. Admins are told.

    NotAMember, ValidationError (nothing asked for, no reason), NotFound (no such limit holds), InvalidState
    while a request on the same limit is open.
    """
    if not 0 < tokens <= LARGEST:
        raise ValidationError({"tokens": [_("Ask for more than nothing, and at most 1000000000000 tokens.")]})
    if not reason.strip():
        raise ValidationError({"reason": [_("Say what for: that is what is decided by.")]})
    with transaction.atomic():
        lock_organisation(organisation)
        if not Membership.objects.filter(organisation=organisation, user=user, ended_at=None).exists():
            raise NotAMember(f"{user.platform_id} is not a member of {organisation.platform_id}.")
        subject = _subject(organisation, user, name.subject)
        if limit_now(organisation, user, LimitName(subject, name.period), at=at) is None:
            raise NotFound(_("No such limit holds: nothing needs to be asked for."))
        which: dict[str, Any] = {
            "organisation": organisation,
            "user": user,
            "subject_type": subject.type,
            "subject_key": subject.key,
            "period": name.period,
        }
        if LimitRequest.objects.filter(**which, state=LimitRequest.State.OPEN).exists():
            raise InvalidState(_("You have asked about this limit already: it is being decided."))
        made = LimitRequest.objects.create(
            **which, tokens_micro=tokens, reason=reason.strip()[:500], asked_at=at
        )
        emit(ASKED, [made.pk], at=at)
        return made


def _subject(organisation: Organisation, user: User, asked: SubjectRef) -> SubjectRef:
    """The subject as it is stored; a person asks about their own limit only."""
    if asked.type == limits.MEMBER:
        return SubjectRef(limits.MEMBER, user.platform_id)
    if asked.type == limits.ORGANISATION:
        return SubjectRef(limits.ORGANISATION)
    centres = CostCentre.objects.filter(organisation=organisation, platform_id=asked.key)
    if asked.type != limits.COST_CENTRE or not centres.exists():
        raise NotFound("There is no such limit.")
    return asked


def withdraw_request(*, request_id: int, user: User, at: datetime) -> LimitRequest:
    """Take one's own request back. NotFound for somebody else's, InvalidState if it is decided."""
    with transaction.atomic():
        found = LimitRequest.objects.select_for_update(no_key=True).filter(pk=request_id, user=user).first()
        if found is None:
            raise NotFound("There is no such request.")
        _require_open(found)
        found.state, found.decided_at = LimitRequest.State.WITHDRAWN, at
        found.decided_by = f"user:{user.platform_id}"
        found.save(update_fields=["state", "decided_at", "decided_by"])
        return found


def decide_request(
    *,
    organisation: Organisation,
    request_id: int,
    answer: Answer,
    tokens: int | None,
    word: str,
    actor: str,
    at: datetime,
) -> LimitRequest:
    """Grant so many micro-tokens (by default those asked for) until the period ends or for good, or
    decline with a word why. The person is told.

    NotFound for another organisation's, InvalidState if it is decided already or no such limit holds
    any more, ValidationError for a refusal without a word or an amount that is none.
    """
    with transaction.atomic():
        lock_organisation(organisation)
        rows = LimitRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
        found = rows.filter(organisation=organisation, pk=request_id).first()
        if found is None:
            raise NotFound("There is no such request.")
        _require_open(found)
        more = found.tokens_micro if tokens is None else tokens
        if answer == "declined":
            if not word.strip():
                raise ValidationError({"word": [_("Say why: the person reads it.")]})
        elif not 0 < more <= LARGEST:
            raise ValidationError(
                {"tokens": [_("Grant more than nothing, and at most 1000000000000 tokens.")]}
            )
        else:
            _grant(organisation, found, answer, more, actor, at)
            found.granted_micro = more
        found.state, found.decided_at, found.decided_by = answer, at, actor[:160]
        found.answer = word.strip()[:500]
        found.save(update_fields=["state", "decided_at", "decided_by", "answer", "granted_micro"])
        _audit(organisation, found, actor, at)
        emit(DECIDED, [found.pk], at=at)
        return found


def _grant(
    organisation: Organisation, asked: LimitRequest, answer: Answer, more: int, actor: str, at: datetime
) -> None:
    subject, period = SubjectRef(asked.subject_type, asked.subject_key), _period(asked.period)
    limit = limit_now(organisation, asked.user, LimitName(subject, period), at=at)
    if limit is None or limit.rule.tokens is None:
        raise InvalidState(_("No such limit holds any more: decline, and nothing changes."))
    if answer == "raised":
        base = _without_raises(organisation, subject, limit.rule, limit)
        change = LimitChange(subject, period, min(base + more, LARGEST))
        set_limits(organisation=organisation, changes=[change], actor=actor, at=at, keep_raises=True)
        return
    today = Wallet.objects.get(organisation=organisation).calendar.day_of(at)
    until = following(period, today)
    if until is None:
        raise ValidationError({"answer": [_("A limit in total has no end: grant it for good.")]})
    LimitRaise.objects.create(
        organisation=organisation,
        subject_type=subject.type,
        subject_key=subject.key,
        period=period,
        tokens_micro=more,
        first_on=first_day(period, today),
        until_on=until,
        at=at,
        actor=actor[:160],
    )


def _without_raises(organisation: Organisation, subject: SubjectRef, rule: LimitRule, limit: Limit) -> int:
    """The limit's own value: what was granted for this period only must not stay for good."""
    granted = sum(
        other.tokens or 0
        for other in rules_of(organisation.pk)
        if other.period == rule.period
        and (other.subject_type, other.subject_key) == (subject.type, subject.key)
        and other.raises_on(limit.first)
    )
    return (rule.tokens or 0) - granted


def _require_open(request: LimitRequest) -> None:
    if request.state != LimitRequest.State.OPEN:
        raise InvalidState(_("This request is decided already."))


def _period(text: str) -> Period:
    return next(period for period in PERIODS if period == text)


def _audit(organisation: Organisation, request: LimitRequest, actor: str, at: datetime) -> None:
    granted = request.granted_micro
    record_audit(
        actor=actor,
        action="limit_request.decide",
        subject=f"organisation:{organisation.platform_id}",
        before={
            "subject": {"type": request.subject_type, "id": request.subject_key},
            "period": request.period,
            "tokens": format_tokens(request.tokens_micro),
            "user": request.user.platform_id,
        },
        after={
            "state": request.state,
            "tokens": None if granted is None else format_tokens(granted),
            "user": request.user.platform_id,
        },
        at=at,
        reason=request.answer,
    )
