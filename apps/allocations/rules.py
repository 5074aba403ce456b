"""The rules an organisation makes about its money: who pays, and how much may be spent.

Every change leaves an audit record with what was before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.allocations.models import FundingRule, LimitRaise, PersonalBudget, SpendingLimit
from apps.core.errors import NotAMember, NotFound, ValidationError
from apps.core.units import format_tokens
from apps.identity.auditing import made_record, record_audit, record_audits
from apps.identity.models import AuditRecord, User
from apps.organisations.models import CostCentre, Membership, Organisation, Role
from apps.organisations.services import lock_organisation
from apps.wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """Whom a rule is about: organisation, members, a role, a member or a cost centre."""

    type: str
    key: str = ""


def check_subjects(organisation: Organisation, subjects: Sequence[SubjectRef]) -> None:
    """ValidationError, NotFound or NotAMember unless all subjects exist in the organisation.

    Shapes come before names, names before membership, whatever the order of the subjects.
    """
    _check_names(organisation, subjects)
    _require_members(organisation, {s.key for s in subjects if s.type == "member"})


def _check_names(organisation: Organisation, subjects: Sequence[SubjectRef]) -> None:
    for subject in subjects:
        _check_shape(subject)
    _require_centres(organisation, {s.key for s in subjects if s.type == "cost_centre"})
    _require_users({s.key for s in subjects if s.type == "member"})


def _check_shape(subject: SubjectRef) -> None:
    if subject.type in {"organisation", "members"}:
        if subject.key:
            raise ValidationError({"subject.id": [f"The subject {subject.type} has no id."]})
        return
    if not subject.key:
        raise ValidationError({"subject.id": [f"Which {subject.type.replace('_', ' ')} is meant?"]})
    if subject.type == "role" and subject.key not in Role.values:
        raise ValidationError({"subject.id": [f"Roles are: {', '.join(Role.values)}."]})


def _require_centres(organisation: Organisation, keys: set[str]) -> None:
    if not keys:
        return
    found = CostCentre.objects.filter(organisation=organisation, platform_id__in=keys)
    for key in sorted(keys - set(found.values_list("platform_id", flat=True))):
        raise NotFound(f"{organisation.platform_id} has no cost centre {key}.")


def _require_users(keys: set[str]) -> None:
    if not keys:
        return
    users = User.objects.filter(platform_id__in=keys)
    for key in sorted(keys - set(users.values_list("platform_id", flat=True))):
        raise NotFound(f"There is no user {key}. Sync it first.")


def _require_members(organisation: Organisation, keys: set[str]) -> None:
    if not keys:
        return
    present = Membership.objects.filter(
        organisation=organisation, user__platform_id__in=keys, ended_at=None
    ).values_list("user__platform_id", flat=True)
    for key in sorted(keys - set(present)):
        raise NotAMember(f"{key} is not a member of {organisation.platform_id}.")


def set_funding(
    *,
    organisation: Organisation,
    subject: SubjectRef,
    mode: str,
    micro_percent: int,
    actor: str,
    at: datetime,
) -> tuple[FundingRule, bool]:
    """Say who pays for the subject's charges: mode, and coverage in millionths of a percent (0 to 10^8;
    a shared pool pays all, so there it is stored as 0). Answers the rule and whether it is new."""
    covered = 0 if mode == FundingRule.Mode.SHARED_POOL else micro_percent
    with transaction.atomic():
        lock_organisation(organisation)
        check_subjects(organisation, [subject])
        before = _funding_facts(_funding(organisation, subject))
        rule, created = FundingRule.objects.update_or_create(
            organisation=organisation,
            subject_type=subject.type,
            subject_key=subject.key,
            defaults={"mode": mode, "coverage_micro_percent": covered},
        )
        record_audits(
            [_record(organisation, "funding.set", subject, before, _funding_facts(rule), actor, at)]
        )
        return rule, created


def remove_funding(*, organisation: Organisation, subject: SubjectRef, actor: str, at: datetime) -> None:
    """Take a subject's own rule back: the next less specific one holds again. The organisation's own
    rule taken back means member wallets without coverage."""
    with transaction.atomic():
        lock_organisation(organisation)
        _check_names(organisation, [subject])
        rule = _funding(organisation, subject)
        if rule is None:
            return
        before = _funding_facts(rule)
        rule.delete()
        record_audits([_record(organisation, "funding.remove", subject, before, None, actor, at)])


def funding_of(organisation: Organisation, subject: SubjectRef) -> FundingRule:
    """The rule that holds for a subject: its own, a member's role's, the organisation's, else member
    wallets without coverage (charging.md, who pays)."""
    rules: Mapping[tuple[str, str], FundingRule] = {
        (rule.subject_type, rule.subject_key): rule
        for rule in FundingRule.objects.filter(organisation=organisation)
    }
    asked = [(subject.type, subject.key)]
    if subject.type == "member":
        member = Membership.objects.filter(
            organisation=organisation, user__platform_id=subject.key, ended_at=None
        ).first()
        asked.append(("role", member.role if member else ""))
    none = FundingRule(organisation=organisation, mode=FundingRule.Mode.MEMBER_WALLETS)
    return next((rules[key] for key in (*asked, ("organisation", "")) if key in rules), none)


def organisations_paying_for(user_id: int) -> list[int]:
    """The organisations that pay for AI of a person: by shared pool, or a part by coverage. Two queries."""
    members = dict(
        Membership.objects.filter(user_id=user_id, ended_at=None).values_list("organisation_id", "role")
    )
    key = User.objects.values_list("platform_id", flat=True).get(pk=user_id)
    rules = {
        (rule.organisation_id, rule.subject_type, rule.subject_key): rule
        for rule in FundingRule.objects.filter(organisation__in=members)
    }
    paying = []
    for organisation, role in members.items():
        asked = (("member", key), ("role", role), ("organisation", ""))
        rule = next((rules[organisation, *s] for s in asked if (organisation, *s) in rules), None)
        if rule and (rule.mode == FundingRule.Mode.SHARED_POOL or rule.coverage_micro_percent):
            paying.append(organisation)
    return paying


def _funding(organisation: Organisation, subject: SubjectRef) -> FundingRule | None:
    return FundingRule.objects.filter(
        organisation=organisation, subject_type=subject.type, subject_key=subject.key
    ).first()


def _funding_facts(rule: FundingRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {"mode": rule.mode, "coverage_percent": format_tokens(rule.coverage_micro_percent)}


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit to set (micro-tokens; None is explicitly no limit) or to remove."""

    subject: SubjectRef
    period: str
    tokens: int | None
    remove: bool = False


def set_limits(
    *,
    organisation: Organisation,
    changes: Sequence[LimitChange],
    actor: str,
    at: datetime,
    keep_raises: bool = False,
) -> None:
    """Set or remove the limits listed, all or none; others stay as they are.

    What was granted on top of those that change is over, for who sets a limit of 0 means 0; with
    `keep_raises` it stays. A removed limit's member may have left. ValidationError if a limit is named twice.
    """
    places = [(change.subject, change.period) for change in changes]
    if len(set(places)) != len(places):
        raise ValidationError({"limits": ["Each subject and period can be named once."]})
    with transaction.atomic():
        lock_organisation(organisation)
        _check_names(organisation, [change.subject for change in changes])
        check_subjects(organisation, [change.subject for change in changes if not change.remove])
        stored = _stored_limits(organisation, changes)
        _write_limits(organisation, changes, stored, actor, at)
        if not keep_raises:
            _end_raises(organisation, {_place(c) for c in changes if _changes(c, stored)}, at)
        record_audits(_limit_record(organisation, change, stored, actor, at) for change in changes)


_Place = tuple[str, str, str]
"""Subject's type and key, and the period: what a limit is unique by."""


def _place(change: LimitChange) -> _Place:
    return change.subject.type, change.subject.key, change.period


def _stored_limits(
    organisation: Organisation, changes: Sequence[LimitChange]
) -> Mapping[_Place, SpendingLimit]:
    """The limits there are for the subjects of the changes, in one query."""
    rows = SpendingLimit.objects.filter(
        organisation=organisation,
        subject_type__in={change.subject.type for change in changes},
        subject_key__in={change.subject.key for change in changes},
    )
    return {(row.subject_type, row.subject_key, row.period): row for row in rows}


def _write_limits(
    organisation: Organisation,
    changes: Sequence[LimitChange],
    stored: Mapping[_Place, SpendingLimit],
    actor: str,
    at: datetime,
) -> None:
    """Two statements; a limit that has its value already keeps the time at which it got it."""
    gone, new = [], []
    for change in changes:
        row = stored.get(_place(change))
        if not _changes(change, stored):
            continue
        if row is not None and change.remove:
            gone.append(row.pk)
        else:
            kind, key, period = _place(change)
            new.append(
                SpendingLimit(
                    organisation=organisation,
                    subject_type=kind,
                    subject_key=key,
                    period=period,
                    tokens_micro=change.tokens,
                    set_at=at,
                    set_by=actor[:160],
                )
            )
    SpendingLimit.objects.filter(pk__in=gone).delete()
    SpendingLimit.objects.bulk_create(
        new,
        update_conflicts=True,
        unique_fields=["organisation", "subject_type", "subject_key", "period"],
        update_fields=["tokens_micro", "set_at", "set_by"],
    )


def _changes(change: LimitChange, stored: Mapping[_Place, SpendingLimit]) -> bool:
    row = stored.get(_place(change))
    return row is not None if change.remove else row is None or row.tokens_micro != change.tokens


def _end_raises(organisation: Organisation, places: set[_Place], at: datetime) -> None:
    """Let what was granted on top of these limits hold until yesterday only."""
    rows = LimitRaise.objects.filter(
        organisation=organisation, subject_key__in={key for _kind, key, _period in places}
    )
    found = [row for row in rows if (row.subject_type, row.subject_key, row.period) in places]
    if found:
        today = Wallet.objects.get(organisation=organisation).calendar.day_of(at)
        over = [row.pk for row in found if row.until_on > today]
        LimitRaise.objects.filter(pk__in=over).update(until_on=today)


def _limit_record(
    organisation: Organisation,
    change: LimitChange,
    stored: Mapping[_Place, SpendingLimit],
    actor: str,
    at: datetime,
) -> AuditRecord:
    row = stored.get(_place(change))
    before = None if row is None else {"period": change.period, "tokens": _tokens(row.tokens_micro)}
    after = None if change.remove else {"period": change.period, "tokens": _tokens(change.tokens)}
    action = "limit.remove" if change.remove else "limit.set"
    return _record(organisation, action, change.subject, before, after, actor, at)


def _tokens(micro: int | None) -> str | None:
    return None if micro is None else format_tokens(micro)


def set_personal_budget(
    *, user: User, tokens: int | None, blocks: bool, actor: str, at: datetime
) -> tuple[PersonalBudget | None, bool]:
    """A person's own monthly cap in micro-tokens on what their own wallet pays; None takes it away.

    Answers the budget and whether it is new.
    """
    with transaction.atomic():
        stored = PersonalBudget.objects.filter(user=user).first()
        before = _budget_facts(stored)
        budget, created = None, False
        if tokens is None:
            if stored is not None:
                stored.delete()
        else:
            budget, created = PersonalBudget.objects.update_or_create(
                user=user, defaults={"tokens_micro": tokens, "blocks": blocks}
            )
        record_audit(
            actor=actor,
            action="budget.set",
            subject=f"user:{user.platform_id}",
            before=before,
            after=_budget_facts(budget),
            at=at,
        )
        return budget, created


def _budget_facts(budget: PersonalBudget | None) -> dict[str, Any] | None:
    if budget is None:
        return None
    return {"tokens": format_tokens(budget.tokens_micro), "blocks": budget.blocks}


def _record(
    organisation: Organisation,
    action: str,
    subject: SubjectRef,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    actor: str,
    at: datetime,
) -> AuditRecord:
    about = {"type": subject.type, "id": subject.key}
    return made_record(
        actor=actor,
        action=action,
        subject=f"organisation:{organisation.platform_id}",
        before=before and {"subject": about, **before},
        after=after and {"subject": about, **after},
        at=at,
    )
