"""Which limits bind a wallet's owner now and why, and who pays for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.allocations.limits import (
    COST_CENTRE,
    MEMBER,
    MEMBERS,
    ORGANISATION,
    PERSONAL,
    ROLE,
    Limit,
    Tally,
    apply_shared,
)
from apps.allocations.selectors import state_of
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.units import format_tokens
from apps.staff.wallet_page.state import Organisation, Standing
from apps.usage.asking import load_setting
from apps.usage.setting import Party, Setting

MOST = 40


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit as it stands; micro-tokens. `width` is the meter's SVG length."""

    title: str
    reason: str
    tokens: int
    spent: int
    state: str
    resets_at: datetime | None
    warns_only: bool
    width: str

    @property
    def left(self) -> int:
        return max(self.tokens - self.spent, 0)

    @property
    def rank(self) -> tuple[int, int]:
        """The tightest first."""
        return ("reached", "near", "within").index(self.state), self.left


@dataclass(frozen=True, slots=True)
class FundingLine:
    """Who pays for a person in one organisation, in a sentence, and from which rule that follows."""

    organisation: str
    wallet_id: int
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    limits: tuple[LimitLine, ...]
    funding: tuple[FundingLine, ...]


def load_rules(standing: Standing, organisations: Sequence[Organisation]) -> Rules:
    """The rules that hold for the owner at the instant, the tightest limit first."""
    row = standing.row
    if row.organisation_id is not None:
        return _of_organisation(standing)
    names = {found.key: found.name for found in organisations if found.is_present}
    setting = load_setting([("user", row.owner_key), *(("organisation", key) for key in names)])
    person = setting.party("user", row.owner_key)
    parties = [setting.party("organisation", key) for key in names]
    by_wallet = {party.wallet_id: names[party.owner_key] for party in parties}
    found = [
        limit for party in parties for limit in setting.cap(party.wallet_id, person, (), standing.at).limits
    ]
    found += setting.personal_cap(person, standing.at).limits
    tally = load_together(found)
    return Rules(
        _sorted(_line(limit, tally, by_wallet, setting, person) for limit in found),
        tuple(_funding(setting, party, person, names[party.owner_key]) for party in parties),
    )


def _of_organisation(standing: Standing) -> Rules:
    setting = load_setting([("organisation", standing.row.owner_key)])
    party = setting.party("organisation", standing.row.owner_key)
    rules = setting.limits.get(party.wallet_id, ())
    centres = {rule.subject_key for rule in rules if rule.subject_type == COST_CENTRE}
    day = party.calendar.day_of(standing.at)
    found = apply_shared(
        rules, scope=party.wallet_id, calendar=party.calendar, day=day, cost_centres=sorted(centres)
    )
    tally = load_together(found)
    names = {party.wallet_id: standing.title}
    return Rules(_sorted(_line(limit, tally, names, setting, None) for limit in found), ())


def _sorted(lines: Iterable[LimitLine]) -> tuple[LimitLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.rank)[:MOST])


def _line(
    limit: Limit, tally: Tally, names: Mapping[int, str], setting: Setting, person: Party | None
) -> LimitLine:
    tokens, spent = limit.rule.tokens or 0, max(tally.spent(limit), 0)
    role = setting.roles.get((limit.total[0], person.owner_key), "") if person else ""
    own = _("Personal budget")
    reasons = {
        MEMBER: _("set for this member"),
        ROLE: _("from the role %(role)s") % {"role": role},
        MEMBERS: _("as for every member"),
        ORGANISATION: _("on the organisation as a whole"),
        COST_CENTRE: _("on the cost centre %(key)s") % {"key": limit.rule.subject_key},
        PERSONAL: _("the person's own budget"),
    }
    return LimitLine(
        title=f"{names.get(limit.total[0]) or own}, {_period(limit)}",
        reason=reasons[limit.rule.subject_type],
        tokens=tokens,
        spent=spent,
        state=state_of(tokens, spent),
        resets_at=limit.resets_at,
        warns_only=limit.warns_only,
        width=figures.percent(spent, tokens) if tokens else "100%",
    )


def _period(limit: Limit) -> str:
    return {
        "day": _("per day"),
        "week": _("per week"),
        "month": _("per month"),
        "total": _("in total"),
    }[limit.rule.period]


def _funding(setting: Setting, party: Party, person: Party, name: str) -> FundingLine:
    funding = setting.funding_of(party, person)
    rules = setting.funding.get(party.wallet_id, {})
    role = setting.roles.get((party.wallet_id, person.owner_key), "")
    reasons = (
        (("member", person.owner_key), _("set for this member")),
        (("role", role), _("from the role %(role)s") % {"role": role}),
        (("organisation", ""), _("as for the whole organisation")),
    )
    reason = next((words for subject, words in reasons if subject in rules), _("no rule is set"))
    if funding.shared_pool:
        sentence = _("%(name)s pays everything from its own wallet.") % {"name": name}
    elif funding.micro_percent:
        percent = format_tokens(funding.micro_percent)
        sentence = _("%(name)s covers %(percent)s %% of AI spending.") % {"name": name, "percent": percent}
    else:
        sentence = _("%(name)s covers nothing; allocated tokens can be used.") % {"name": name}
    return FundingLine(name, party.wallet_id, sentence, reason)
