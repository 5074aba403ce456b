"""What limits and budgets have spent and leave, projected to the instant of reading.

Tokens of holds past their deadline count as free although nothing has been written yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateField, F, Value

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule, Tally, Total
from apps.allocations.models import Allocation, LimitRaise, PersonalBudget, SpendingLimit
from apps.allocations.tallying import load_tally, tally_on
from apps.core.errors import NotAMember, NotFound
from apps.core.periods import PERIODS, Calendar, Period
from apps.organisations.models import Membership
from apps.wallets.books import project
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet

WITHIN, NEAR, REACHED = "within", "near", "reached"
_PER_PERSON = (limits.MEMBERS, limits.ROLE)


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit as it stands; micro-tokens. `tokens` None: explicitly no limit.

    `spent`, `left` and `state` are None where the limit is per person and nobody is meant.
    """

    subject_type: str
    subject_key: str
    period: Period
    tokens: int | None
    spent: int | None
    left: int | None
    state: str | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonalBudgetView:
    """A person's own monthly cap on what their own wallet pays; micro-tokens. `tokens` None: none is set."""

    tokens: int | None
    blocks: bool
    spent: int
    left: int | None
    state: str
    resets_at: datetime

    @property
    def is_set(self) -> bool:
        return self.tokens is not None


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What a person may still spend: limits that hold for them, their own budget, what went today.

    `consumed_today` counts what the organisation funded on its local day; without an organisation what
    the person's own wallet paid on theirs.
    """

    user: str
    organisation: str | None
    role: str | None
    limits: tuple[LimitView, ...]
    personal: PersonalBudgetView
    consumed_today: int


@dataclass(frozen=True, slots=True)
class GivenView:
    """What one member was given, or gave back, in a run; micro-tokens."""

    user: str
    tokens: int
    transfer: int


@dataclass(frozen=True, slots=True)
class RunView:
    """Allocations or reclaims made together."""

    number: int
    organisation: str
    note: str
    at: datetime
    items: tuple[GivenView, ...]


def run_of(number: int) -> RunView:
    """A run of allocations or reclaims, in the order in which it was asked for; NotFound if none."""
    rows = Allocation.objects.filter(number=number).order_by("pk")
    first = rows.select_related("organisation").first()
    if first is None:
        raise NotFound(f"There is no allocation A-{number}.")
    items = rows.values_list("user__platform_id", "tokens_micro", "transfer_id")
    return RunView(
        number=number,
        organisation=first.organisation.platform_id,
        note=first.note,
        at=first.at,
        items=tuple(GivenView(*item) for item in items),
    )


def limits_of_organisation(organisation: str, *, at: datetime) -> tuple[LimitView, ...]:
    """All limits of an organisation, the widest subject first; NotFound if it was never synced."""
    wallet = find_wallet("organisation", organisation)
    rules = _rules(wallet)
    desk = project([wallet.pk], at=at)
    calendar = desk.wallets[wallet.pk].calendar
    day = calendar.day_of(at)
    held = [
        _applied(
            limits.raised(rule, rules, (rule.subject_type, rule.subject_key), day), wallet.pk, calendar, at
        )
        for rule in rules
        if not rule.is_raise
    ]
    tally = load_tally(tally_on(desk), [n for n in held if n.rule.subject_type not in _PER_PERSON])
    return tuple(_view(limit, tally, known=limit.rule.subject_type not in _PER_PERSON) for limit in held)


def _applied(rule: LimitRule, scope: int, calendar: Calendar, at: datetime) -> Limit:
    total: Total = (scope, rule.subject_type, rule.subject_key)
    return limits.on_day(rule, total, calendar, calendar.day_of(at))


def _rules(wallet: Wallet) -> list[LimitRule]:
    return sorted(rules_of(wallet.organisation_id or 0), key=_wide_first)


def rules_of(organisation_id: int) -> list[LimitRule]:
    """All limits of an organisation, and what was granted on top of them: one query."""
    return _read_rules(organisation_id=organisation_id)


def rules_of_wallet(wallet_id: int) -> list[LimitRule]:
    """The same by the organisation's wallet."""
    return _read_rules(organisation__wallet=wallet_id)


def _read_rules(**whose: int) -> list[LimitRule]:
    kept = SpendingLimit.objects.filter(**whose).annotate(
        first=Value(None, DateField()), until=Value(None, DateField())
    )
    raises = LimitRaise.objects.filter(**whose).annotate(first=F("first_on"), until=F("until_on"))
    names = ("subject_type", "subject_key", "period", "tokens_micro", "first", "until")
    rows = kept.values_list(*names).union(raises.values_list(*names), all=True)
    return [
        LimitRule(kind, key, _period(period), tokens, first, until)
        for kind, key, period, tokens, first, until in rows
    ]


def _wide_first(rule: LimitRule) -> tuple[int, str, int]:
    return -limits.SPECIFICITY.index(rule.subject_type), rule.subject_key, PERIODS.index(rule.period)


def _period(text: str) -> Period:
    return next(period for period in PERIODS if period == text)


def budget_of(user: str, *, organisation: str | None, at: datetime) -> BudgetView:
    """How a person's budget stands, in one organisation or on their own.

    NotFound for somebody or something never synced, NotAMember for somebody else's organisation.
    """
    own = find_wallet("user", user)
    funding = find_wallet("organisation", organisation) if organisation is not None else None
    role = _role(own, funding) if funding is not None else None
    desk = project([own.pk, *([funding.pk] if funding else [])], at=at)
    calendar = desk.wallets[own.pk].calendar
    personal = _personal(own, calendar, at)
    held: tuple[Limit, ...] = ()
    today = _today((own.pk, limits.PERSONAL, ""), calendar, at)
    if funding is not None:
        calendar = desk.wallets[funding.pk].calendar
        today = _today((funding.pk, limits.MEMBER, user), calendar, at)
        held = limits.apply(
            _rules(funding),
            scope=funding.pk,
            calendar=calendar,
            day=calendar.day_of(at),
            member=user,
            role=role,
        )
    tally = load_tally(tally_on(desk), [*held, today, personal[0]])
    return BudgetView(
        user=user,
        organisation=organisation,
        role=role,
        limits=tuple(_view(limit, tally) for limit in sorted(held, key=lambda limit: limit.rank)),
        personal=_personal_view(*personal, tally),
        consumed_today=tally.spent(today),
    )


def _role(own: Wallet, funding: Wallet) -> str:
    membership = Membership.objects.filter(
        organisation_id=funding.organisation_id or 0, user_id=own.user_id or 0, ended_at=None
    ).first()
    if membership is None:
        raise NotAMember(f"{own.owner_key} is not a member of {funding.owner_key}.")
    return membership.role


def _today(total: Total, calendar: Calendar, at: datetime) -> Limit:
    """What a total has spent today, asked for as a limit without a cap."""
    rule = LimitRule(total[1], total[2], "day", None)
    return limits.on_day(rule, total, calendar, calendar.day_of(at))


def _personal(own: Wallet, calendar: Calendar, at: datetime) -> tuple[Limit, bool]:
    budget = PersonalBudget.objects.filter(user_id=own.user_id or 0).first()
    rule = LimitRule(limits.PERSONAL, "", "month", budget.tokens_micro if budget else None)
    return _applied(rule, own.pk, calendar, at), budget.blocks if budget else True


def _personal_view(limit: Limit, blocks: bool, tally: Tally) -> PersonalBudgetView:
    view = _view(limit, tally)
    if view.spent is None or view.state is None or view.resets_at is None:
        raise ValueError("A personal budget is about one person and a month.")
    return PersonalBudgetView(view.tokens, blocks, view.spent, view.left, view.state, view.resets_at)


def _view(limit: Limit, tally: Tally, *, known: bool = True) -> LimitView:
    tokens = limit.rule.tokens
    spent = tally.spent(limit) if known else None
    return LimitView(
        subject_type=limit.rule.subject_type,
        subject_key=limit.rule.subject_key,
        period=limit.rule.period,
        tokens=tokens,
        spent=spent,
        left=None if spent is None or tokens is None else max(tokens - spent, 0),
        state=None if spent is None else state_of(tokens, spent),
        resets_at=limit.resets_at,
    )


def state_of(tokens: int | None, spent: int) -> str:
    """Within, near (from 80 %) or reached; without a cap always within (organisations.md)."""
    if tokens is None or spent * 100 < tokens * limits.NEAR_PERCENT:
        return WITHIN
    return REACHED if spent >= tokens else NEAR
