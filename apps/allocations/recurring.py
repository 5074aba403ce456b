"""Allocations that repeat every week or month: made, ended, and carried out when they are due.

Either all members of the audience get theirs or, when the wallet cannot pay for all, nobody does and the
reason is kept and told (organisations.md, allocations).
"""

from __future__ import annotations

import calendar as months
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations.audience import Audience, To, candidates
from apps.allocations.models import RecurringAllocation
from apps.allocations.planning import How, plan_allocation
from apps.allocations.rules import SubjectRef, check_subjects
from apps.allocations.services import Item, allocate
from apps.core.errors import InvalidState, NotFound, Problem, ValidationError
from apps.core.periods import next_month
from apps.core.units import LARGEST, format_tokens
from apps.events.outbox import emit
from apps.identity.auditing import record_audit
from apps.organisations.models import Organisation
from apps.organisations.services import lock_organisation, require_new_form
from apps.wallets.models import Wallet

SKIPPED = "recurring.skipped"
"""Told, with the recurring allocation as key, when it could not be made."""
_TO: dict[str, To] = {"members": "all", "role": "role", "cost_centre": "cost_centre", "member": "people"}


def next_day(every: str, day: int, after: date) -> date:
    """The first day after `after` on which something of every week (`day` 1 is Monday) or month is due.

    The 31st is the last day of a shorter month, and the 31st again in a longer one.
    """
    if every == RecurringAllocation.Every.WEEK:
        ahead = (day - 1 - after.weekday()) % 7 or 7
        return after + timedelta(days=ahead)
    this = _in_month(after, day)
    return this if this > after else _in_month(next_month(after), day)


def _in_month(month: date, day: int) -> date:
    return month.replace(day=min(day, months.monthrange(month.year, month.month)[1]))


def repeat_allocation(
    *,
    organisation: Organisation,
    subject: SubjectRef,
    mode: str,
    tokens: int,
    every: str,
    day: int,
    note: str,
    actor: str,
    at: datetime,
    form_key: UUID | None = None,
) -> RecurringAllocation:
    """Let all members, a role, a cost centre or a member get tokens every week or month from the next such
    day on. ValidationError, NotFound, NotAMember or MadeAlready (the form was sent before) change nothing."""
    problems: dict[str, list[str]] = {}
    if subject.type not in _TO:
        problems["subject"] = [_("Members, a role, a cost centre or one member can get tokens.")]
    if mode not in RecurringAllocation.Mode.values:
        problems["mode"] = [_("Give so many, or top up to so many.")]
    if every not in RecurringAllocation.Every.values:
        problems["every"] = [_("Every week or every month.")]
    elif not 1 <= day <= (7 if every == "week" else 31):
        problems["day"] = [_("There is no such day.")]
    if not 0 < tokens <= LARGEST:
        problems["tokens"] = [_("More than 0 and at most 1000000000000 tokens are possible.")]
    if problems:
        raise ValidationError(problems)
    with transaction.atomic():
        lock_organisation(organisation)
        require_new_form(organisation, form_key, at=at)
        check_subjects(organisation, [subject])
        wallet = Wallet.objects.get(organisation=organisation)
        first = next_day(every, day, wallet.calendar.day_of(at))
        made = RecurringAllocation.objects.create(
            organisation=organisation,
            subject_type=subject.type,
            subject_key=subject.key,
            mode=mode,
            tokens_micro=tokens,
            every=every,
            day=day,
            note=note[:500],
            actor=actor[:160],
            made_at=at,
            next_on=first,
            due_at=wallet.calendar.start_of(first),
        )
        _audit(organisation, "recurring_allocation.set", None, made, actor, at)
        return made


def end_recurring(*, organisation: Organisation, number: int, actor: str, at: datetime) -> None:
    """Let a recurring allocation come no more. NotFound for another organisation's, InvalidState if it
    has ended."""
    with transaction.atomic():
        rows = RecurringAllocation.objects.select_for_update(no_key=True)
        found = rows.filter(organisation=organisation, pk=number).first()
        if found is None:
            raise NotFound("There is no such recurring allocation.")
        if found.ended_at is not None:
            raise InvalidState(_("It has ended already."))
        found.ended_at = at
        found.save(update_fields=["ended_at"])
        _audit(organisation, "recurring_allocation.end", found, None, actor, at)


def carry_out(number: int, *, at: datetime) -> bool:
    """Carry out a recurring allocation that is due, once, and say when it is due next.

    Answers whether it was. What cannot be done is skipped as a whole, with the reason kept. One that was due
    several times while no bell rang is due again at once, until it has caught up.
    """
    with transaction.atomic():
        rows = RecurringAllocation.objects.select_for_update(no_key=True, of=("self",))
        found = rows.select_related("organisation").filter(pk=number, ended_at=None, due_at__lte=at).first()
        if found is None:
            return False
        wallet = Wallet.objects.get(organisation=found.organisation)
        if wallet.calendar.day_of(at) < found.next_on:  # the time zone was changed to one further west
            _due_on(found, found.next_on, wallet)
            return False
        found.skipped = _give(found, at)
        found.last_at = at
        _due_on(found, next_day(found.every, found.day, found.next_on), wallet)
        if found.skipped:
            emit(SKIPPED, [found.pk], at=at)
        return True


def _due_on(found: RecurringAllocation, day: date, wallet: Wallet) -> None:
    found.next_on, found.due_at = day, wallet.calendar.start_of(day)
    found.save(update_fields=["skipped", "last_at", "next_on", "due_at"])


def _give(found: RecurringAllocation, at: datetime) -> str:
    """Allocate to everybody who may receive; answers why nothing was, or nothing."""
    key = found.subject_key
    people = (key,) if found.subject_type == "member" else ()
    audience = Audience(_TO[found.subject_type], key, people)
    members = candidates(found.organisation, audience, at=at)
    if not members:
        return _("Nobody belongs to those who are to get tokens.")
    top_up = found.mode == RecurringAllocation.Mode.TOP_UP
    how: How = "top_up" if top_up else "each"
    move = plan_allocation(members, how, found.tokens_micro)
    if not move.moving:
        return ""
    amounts = {step.member.key: found.tokens_micro if top_up else step.moves for step in move.moving}
    try:
        with transaction.atomic():
            allocate(
                organisation=found.organisation,
                items=[Item(key, tokens) for key, tokens in amounts.items()],
                note=found.note,
                actor=found.actor,
                at=at,
                recurring=found.pk,
                top_up=top_up,
            )
    except Problem as refused:
        return refused.detail[:500]
    return ""


def due_now(*, at: datetime, limit: int = 500) -> list[int]:
    """Recurring allocations that are due, the longest first."""
    rows = RecurringAllocation.objects.filter(ended_at=None, due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _audit(
    organisation: Organisation,
    action: str,
    before: RecurringAllocation | None,
    after: RecurringAllocation | None,
    actor: str,
    at: datetime,
) -> None:
    record_audit(
        actor=actor,
        action=action,
        subject=f"organisation:{organisation.platform_id}",
        before=_facts(before),
        after=_facts(after),
        at=at,
    )


def _facts(row: RecurringAllocation | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {
        "subject": {"type": row.subject_type, "id": row.subject_key},
        "mode": row.mode,
        "tokens": format_tokens(row.tokens_micro),
        "every": row.every,
        "day": row.day,
    }
