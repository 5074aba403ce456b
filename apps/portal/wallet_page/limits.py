"""The spending limits that hold for somebody, with what is spent and when they begin again.

A person sees the limits on themselves; what the whole organisation may spend is shown to those who read
its money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.limits import (
    COST_CENTRE,
    MEMBER,
    MEMBERS,
    PERSONAL,
    ROLE,
    Limit,
    Tally,
    apply_shared,
)
from apps.allocations.selectors import state_of
from apps.allocations.tallying import TABLE, load_tally
from apps.core import figures, sql
from apps.organisations.models import CostCentre, Role
from apps.portal.holdings import Holding
from apps.usage.asking import load_setting
from apps.usage.setting import ORGANISATION, USER, Setting

PERSONS_OWN = (MEMBER, ROLE, MEMBERS)
ROLES = {
    Role.OWNER: gettext_noop("owner"),
    Role.ADMIN: gettext_noop("admin"),
    Role.BILLING: gettext_noop("billing"),
    Role.TEACHER: gettext_noop("teacher"),
    Role.MEMBER: gettext_noop("member"),
}
MOST = 6


@dataclass(frozen=True, slots=True)
class Held:
    """A limit that holds: micro-tokens allowed and spent; `width` is the meter's SVG length."""

    title: str
    reason: str
    tokens: int
    spent: int
    resets_at: datetime | None
    state: str
    warns_only: bool
    is_personal: bool
    width: str
    percent: int

    @property
    def left(self) -> int:
        return max(self.tokens - self.spent, 0)


def load_own_limits(own: Holding, holdings: Iterable[Holding], at: datetime) -> tuple[Held, ...]:
    """A person's limits in every organisation they belong to, then their personal budget."""
    present = {h.wallet_id: h for h in holdings if not h.is_own and h.present}
    owners = [(USER, own.owner_key), *((ORGANISATION, h.owner_key) for h in present.values())]
    setting = load_setting(owners)
    person = setting.party(USER, own.owner_key)
    found = [
        limit
        for scope in present
        for limit in setting.cap(scope, person, (), at).limits
        if limit.rule.subject_type in PERSONS_OWN
    ]
    found += setting.personal_cap(person, at).limits
    tally = _spent_on(found)
    return tuple(_held(limit, tally, _own_title(limit, present)) for limit in found)


def load_organisation_limits(holding: Holding, at: datetime) -> tuple[Held, ...]:
    """The organisation's own limits and its cost centres', those most used first."""
    setting = load_setting([(ORGANISATION, holding.owner_key)])
    centres = _cost_centres(setting, holding)
    party = setting.party(ORGANISATION, holding.owner_key)
    day = party.calendar.day_of(at)
    found = apply_shared(
        setting.limits.get(holding.wallet_id, ()),
        scope=holding.wallet_id,
        calendar=party.calendar,
        day=day,
        cost_centres=list(centres),
    )
    tally = load_tally(Tally(), found)
    held = [_held(limit, tally, _shared_title(limit, centres)) for limit in found]
    return tuple(sorted(held, key=lambda limit: -limit.percent)[:MOST])


def _cost_centres(setting: Setting, holding: Holding) -> Mapping[str, str]:
    """Names by id of the cost centres that have a limit."""
    rules = setting.limits.get(holding.wallet_id, ())
    keys = {rule.subject_key for rule in rules if rule.subject_type == COST_CENTRE}
    if not keys:
        return {}
    rows = CostCentre.objects.filter(organisation__slug=holding.slug, platform_id__in=keys)
    return dict(rows.values_list("platform_id", "name"))


def _spent_on(limits: Sequence[Limit]) -> Tally:
    """What the limits' totals have spent, in one query for all organisations."""
    tally = Tally()
    if not limits:
        return tally
    one = (
        f"SELECT %s, COALESCE(SUM(spent_micro), 0) FROM {TABLE} WHERE scope_id = %s AND subject_type = %s "
        "AND subject_key = %s AND day >= %s AND day < %s"
    )
    values = [
        value
        for place, limit in enumerate(limits)
        for value in (str(place), *limit.total, limit.first, limit.end or date.max)
    ]
    for place, spent in sql.fetch(" UNION ALL ".join([one] * len(limits)), values):
        limit = limits[int(place)]
        tally.loaded[limit.total, limit.first, limit.end] = int(spent)
    return tally


def _held(limit: Limit, tally: Tally, words: tuple[str, str]) -> Held:
    tokens, spent = limit.rule.tokens or 0, max(tally.spent(limit), 0)
    title, reason = words
    return Held(
        title=title,
        reason=reason,
        tokens=tokens,
        spent=spent,
        resets_at=limit.resets_at,
        state=state_of(tokens, spent),
        warns_only=limit.warns_only,
        is_personal=limit.rule.subject_type == PERSONAL,
        width=figures.percent(spent, tokens) if tokens else "100%",
        percent=spent * 100 // tokens if tokens else 100,
    )


def _period(limit: Limit) -> str:
    return {
        "day": _("per day"),
        "week": _("per week"),
        "month": _("per month"),
        "total": _("in total"),
    }[limit.rule.period]


def _own_title(limit: Limit, present: Mapping[int, Holding]) -> tuple[str, str]:
    if limit.rule.subject_type == PERSONAL:
        return _("Your personal budget"), ""
    organisation = present[limit.total[0]]
    role = _(ROLES[Role(organisation.role)])
    reasons = {
        MEMBER: _("set for you"),
        ROLE: _("from the role %(role)s") % {"role": role},
        MEMBERS: _("as for every member"),
    }
    return f"{organisation.name}, {_period(limit)}", reasons[limit.rule.subject_type]


def _shared_title(limit: Limit, centres: Mapping[str, str]) -> tuple[str, str]:
    if limit.rule.subject_type == COST_CENTRE:
        return f"{centres.get(limit.rule.subject_key, '')}, {_period(limit)}", _("Cost centre")
    whole = _("The organisation")
    return f"{whole}, {_period(limit)}", ""
