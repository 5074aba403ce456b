"""The spending limits that hold for somebody, with what is spent and when they begin again.

A person sees the limits on themselves; what the whole organisation may spend is shown to those who read
its money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.limits import (
    COST_CENTRE,
    MEMBER,
    ORGANISATION,
    PERSONAL,
    ROLE,
    Limit,
    LimitRule,
    Tally,
    Total,
    apply_shared,
)
from apps.allocations.outlook import Past, likely_by_end, load_days, past_of
from apps.allocations.own_limits import Link, OwnLimits, Place, load_own_limits
from apps.allocations.rules import SubjectRef
from apps.allocations.selectors import WITHIN, rules_of_wallet, state_of
from apps.allocations.tallying import load_tally
from apps.core import figures
from apps.core.periods import Calendar
from apps.organisations.models import CostCentre, Role
from apps.portal.holdings import Holding, Shell

ROLES = {
    Role.OWNER: gettext_noop("owner"),
    Role.ADMIN: gettext_noop("admin"),
    Role.BILLING: gettext_noop("billing"),
    Role.TEACHER: gettext_noop("teacher"),
    Role.MEMBER: gettext_noop("member"),
}
ONE_PERSON = SubjectRef(MEMBER)
"""Any limit on the person who looks, whichever rule it comes from."""
Which = tuple[str, SubjectRef, str]
"""A limit by its organisation's slug, whom it is about, and its period."""
MOST = 6
"""So many of an organisation's limits stand beside its wallet."""
MOST_PRESSING = 4
EARLY = 5
"""A fifth of a period goes by before its pace is told."""


@dataclass(frozen=True, slots=True)
class Held:
    """A limit that holds: micro-tokens allowed and spent; `width` is the meter's SVG length.

    `slug` is the organisation that more can be asked of, `of` how the cap is called: "of 10,000
    per week", `resets` the day on which it begins again. Of an organisation's own limits, `name` says what
    is limited, and `likely` how much will be spent by its end, once a week is known or a fifth has gone.
    `about` is whom a request names: the person, or the organisation or cost centre.
    """

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
    period: str = ""
    slug: str = ""
    of: str = ""
    resets: str = ""
    name: str = ""
    is_centre: bool = False
    likely: int | None = None
    about: SubjectRef = ONE_PERSON

    @property
    def is_pressing(self) -> bool:
        """Whether it is near, reached, or on course to be passed."""
        return self.state != WITHIN or self.will_pass

    @property
    def will_pass(self) -> bool:
        return self.likely is not None and self.likely > self.tokens

    @property
    def is_reached(self) -> bool:
        return self.left == 0 and not self.warns_only

    @property
    def ask_url(self) -> str:
        """Where more can be asked for; nothing for one's own budget."""
        if not self.slug:
            return ""
        asked = {"organisation": self.slug, "period": self.period}
        if self.about.type != MEMBER:
            asked |= {"about": self.about.type, "centre": self.about.key}
        return f"{reverse('ask_for_more')}?{urlencode(asked)}"

    @property
    def which(self) -> Which:
        """What tells it from other limits."""
        return self.slug, self.about, self.period

    @property
    def left(self) -> int:
        return max(self.tokens - self.spent, 0)


def own_limits(shell: Shell) -> OwnLimits:
    """The limits of the person whose shell it is, read once for the page and its rail."""
    kept: OwnLimits | None = shell.notes.get("own_limits")
    if kept is None:
        own = shell.own()
        places = [
            Place(h.wallet_id, h.role, h.calendar) for h in shell.holdings if not h.is_own and h.present
        ]
        mine = Place(own.wallet_id, "", own.calendar) if own else None
        kept = load_own_limits(own.owner_key if own else "", places, own=mine, at=shell.at)
        shell.notes["own_limits"] = kept
    return kept


def held_limits(shell: Shell) -> tuple[Held, ...]:
    """A person's limits in every organisation they belong to, then their personal budget."""
    known = own_limits(shell)
    present = {h.wallet_id: h for h in shell.holdings if not h.is_own and h.present}
    found = [*known.limits, *([known.personal] if known.personal else [])]
    return tuple(_held(limit, known.tally, _own_title(limit, present, known)) for limit in found)


def as_refused(limit: Limit, spent: int, title: str, slug: str) -> Held:
    """A limit that members share, as a refusal told of it: so many micro-tokens had been `spent` then."""
    tally = Tally({(limit.total, limit.first, limit.end): spent})
    about = SubjectRef(limit.rule.subject_type, limit.rule.subject_key)
    return replace(_held(limit, tally, (title, "", slug)), about=about)


def load_organisation_limits(holding: Holding, shell: Shell) -> tuple[Held, ...]:
    """The organisation's own limits and its cost centres', those pressing most first."""
    rules, today = all_rules(holding, shell), holding.calendar.day_of(shell.at)
    centres = _cost_centres(rules, holding)
    found = apply_shared(
        rules, scope=holding.wallet_id, calendar=holding.calendar, day=today, cost_centres=list(centres)
    )
    tally = load_tally(Tally(), found)
    days = spent_lately(holding, shell)
    held = [_shared(limit, tally, centres, past_of(days[limit.total], today), today) for limit in found]
    return tuple(sorted(held, key=lambda limit: (not limit.is_pressing, -limit.percent)))


def all_rules(holding: Holding, shell: Shell) -> list[LimitRule]:
    """All limits of an organisation, read once for the page."""
    kept: list[LimitRule] | None = shell.notes.get(f"rules {holding.wallet_id}")
    if kept is None:
        kept = shell.notes[f"rules {holding.wallet_id}"] = rules_of_wallet(holding.wallet_id)
    return kept


def spent_lately(holding: Holding, shell: Shell) -> dict[Total, dict[date, int]]:
    """What counted for the organisation, and for its cost centres that have a limit, on the days from
    which forecasts are made; read once for the page."""
    kept: dict[Total, dict[date, int]] | None = shell.notes.get(f"days {holding.wallet_id}")
    if kept is None:
        whole = (holding.wallet_id, ORGANISATION, "")
        keys = {rule.subject_key for rule in all_rules(holding, shell) if rule.subject_type == COST_CENTRE}
        totals = [whole, *((holding.wallet_id, COST_CENTRE, key) for key in sorted(keys))]
        kept = load_days(totals, holding.calendar.day_of(shell.at), whole=whole)
        shell.notes[f"days {holding.wallet_id}"] = kept
    return kept


def _cost_centres(rules: Sequence[LimitRule], holding: Holding) -> Mapping[str, str]:
    """Names by id of the cost centres that have a limit."""
    keys = {rule.subject_key for rule in rules if rule.subject_type == COST_CENTRE}
    if not keys:
        return {}
    rows = CostCentre.objects.filter(organisation__slug=holding.slug, platform_id__in=keys)
    return dict(rows.values_list("platform_id", "name"))


def _held(limit: Limit, tally: Tally, words: tuple[str, str, str]) -> Held:
    tokens, spent = limit.rule.tokens or 0, max(tally.spent(limit), 0)
    title, reason, slug = words
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
        period=limit.rule.period,
        slug=slug,
        resets=figures.day_name(limit.end) if limit.end else "",
        of=_("of %(tokens)s %(period)s") % {"tokens": figures.figure(tokens), "period": _period(limit)},
    )


def _period(limit: Limit) -> str:
    return {
        "day": _("per day"),
        "week": _("per week"),
        "month": _("per month"),
        "total": _("in total"),
    }[limit.rule.period]


def _own_title(limit: Limit, present: Mapping[int, Holding], known: OwnLimits) -> tuple[str, str, str]:
    if limit.rule.subject_type == PERSONAL:
        return _("Your personal budget"), "", ""
    organisation = present[limit.total[0]]
    chain = known.chains[organisation.wallet_id, limit.rule.period]
    title = f"{organisation.name}, {_period(limit)}"
    return title, explain(chain, organisation.role, organisation.calendar), organisation.slug


def explain(chain: Sequence[Link], role: str, calendar: Calendar) -> str:
    """``set for you on 3 Mar; without that the default of 5,000 would hold``."""
    first, *others = chain
    said = [_origin(first, role, calendar)]
    if first.more:
        words = _("%(tokens)s of it granted until it resets")
        said.append(words % {"tokens": figures.figure(first.more)})
    if others:
        said.append(_would_hold(others[0], role))
    return "; ".join(said)


def _origin(link: Link, role: str, calendar: Calendar) -> str:
    day = figures.day_name(calendar.day_of(link.set_at)) if link.set_at else ""
    name = {"role": _(ROLES[Role(role)]) if role else "", "day": day}
    if link.subject_type == MEMBER:
        return _("set for you on %(day)s") % name if day else _("set for you")
    if link.subject_type == ROLE:
        return _("from the role %(role)s") % name
    return _("as for every member")


def _would_hold(link: Link, role: str) -> str:
    tokens = _("no limit") if link.tokens is None else str(figures.figure(link.tokens))
    words = {"tokens": tokens, "role": _(ROLES[Role(role)]) if role else ""}
    if link.subject_type == ROLE:
        return _("without it the role %(role)s would have %(tokens)s") % words
    return _("without it the default would be %(tokens)s") % words


def _shared(limit: Limit, tally: Tally, centres: Mapping[str, str], past: Past, today: date) -> Held:
    is_centre = limit.rule.subject_type == COST_CENTRE
    name = centres.get(limit.rule.subject_key, "") if is_centre else _("The organisation")
    held = _held(limit, tally, (f"{name}, {_period(limit)}", _("Cost centre") if is_centre else "", ""))
    return replace(held, name=name, is_centre=is_centre, likely=_likely(limit, held.spent, past, today))


def _likely(limit: Limit, spent: int, past: Past, today: date) -> int | None:
    """What will be spent; nothing is told from the very first days, which say little of a month."""
    if limit.end is None:
        return None
    is_early = ((today - limit.first).days + 1) * EARLY < (limit.end - limit.first).days
    if is_early and not past.knows_a_week:
        return None
    return likely_by_end(past, spent, limit.first, limit.end, today)
