"""What another role, or a bar from allocations, would change for one member: said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.bars import bars_of, is_barred
from apps.allocations.limits import MEMBER, MEMBERS, ROLE, Limit, Tally
from apps.allocations.selectors import REACHED, rules_of_wallet, state_of
from apps.allocations.spending import PER_PERSON, Whose, limits_of_member, members_spending
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.periods import PERIODS
from apps.organisations.models import Membership, Organisation, Role
from apps.portal.allocations_page.page import Repeating, load_repeating
from apps.portal.coverage_page.words import mode_text
from apps.portal.effects import Effect, Group, Shift, groups_of
from apps.portal.holdings import SEES_THE_WALLET, Holding
from apps.portal.members_page.people import ROLES
from apps.portal.members_page.person import Said, said_of

DECIDERS = frozenset({Role.OWNER, Role.ADMIN})
RIGHTS = (
    (
        SEES_THE_WALLET,
        gettext_noop("See the organisation’s balance, transactions and bills, and what each member spends"),
    ),
    (
        DECIDERS,
        gettext_noop("Allocate and reclaim tokens, set limits, coverage and cost centres, decide requests"),
    ),
    (DECIDERS, gettext_noop("Invite, change and remove members who are not owners")),
    (
        frozenset({Role.OWNER}),
        gettext_noop("Decide about owners, change the settings, make API keys, close the organisation"),
    ),
)
LIMITS = {
    "day": gettext_noop("Limit per day"),
    "week": gettext_noop("Limit per week"),
    "month": gettext_noop("Limit per month"),
    "total": gettext_noop("Limit in total"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """The member who is meant, and who looks."""

    organisation: Organisation
    holding: Holding
    member: Membership
    reader: int
    at: datetime

    @property
    def key(self) -> str:
        return self.member.user.platform_id

    @property
    def name(self) -> str:
        return str(self.member.user)

    @property
    def back(self) -> tuple[str, str]:
        return reverse("member", args=[self.holding.slug, self.key]), self.name

    @property
    def whose(self) -> Whose:
        return Whose(self.holding.wallet_id, self.holding.calendar, self.holding.calendar.day_of(self.at))


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said about the member in the role there is and in the one there will be."""

    before: Role
    after: Role
    said: Said
    will_say: Said


def role_effect(case: Case, role: Role) -> Effect:
    """Another role: rights, limits, coverage, allocations. Five queries, six where something repeats."""
    before = Role(case.member.role)
    title = _("Change the role of %(name)s") % {"name": case.name}
    if role == before:
        notes = (_("%(name)s has that role already.") % {"name": case.name},)
        return Effect(title, case.back, "", notes=notes)
    said, will_say = (said_of(case.organisation, case.member, one) for one in (before, role))
    turn = Turn(before, role, said, will_say)
    return Effect(
        title=title,
        back=case.back,
        confirm=_("Change the role"),
        shifts=tuple(_role_shifts(case, turn)),
        groups=_role_groups(case, turn),
        notes=tuple(_role_notes(case, turn)),
        kept=(("do", "role"), ("role", role.value), ("was", before.value)),
    )


def _role_shifts(case: Case, turn: Turn) -> list[Shift]:
    found = [Shift(_("Role"), _(ROLES[turn.before]), _(ROLES[turn.after])), *_limit_shifts(case, turn)]
    now = mode_text(turn.said.funding(case.key, turn.before))
    then = mode_text(turn.will_say.funding(case.key, turn.after))
    if now != then:
        found.append(Shift(_("Coverage"), now, then))
    barred, will_be = _is_barred(case, turn.said, turn.before), _is_barred(case, turn.will_say, turn.after)
    if barred != will_be:
        found.append(Shift(_("Allocations"), bar_word(barred), bar_word(will_be), _role_words(turn.after)))
    return found


def _is_barred(case: Case, said: Said, role: Role) -> bool:
    return is_barred(said.bars, member=case.key, role=role)


def _role_words(role: str) -> str:
    return _("role %(role)s") % {"role": _(ROLES[Role(role)])}


def _role_groups(case: Case, turn: Turn) -> tuple[Group, ...]:
    words = {"name": case.name}
    roles = [turn.before, turn.after]
    repeating = load_repeating(case.organisation, subject_type="role", subject_key__in=roles)

    def lines(role: Role, said: Said) -> list[str]:
        reached = [] if _is_barred(case, said, role) else repeating
        return [repeat_line(one) for one in reached if one.row.subject_key == role]

    return groups_of(
        (_("%(name)s may from now on") % words, _rights(turn.after, turn.before)),
        (_("%(name)s may no longer") % words, _rights(turn.before, turn.after)),
        (_("Repeating allocations without %(name)s from now on") % words, lines(turn.before, turn.said)),
        (_("Repeating allocations with %(name)s from now on") % words, lines(turn.after, turn.will_say)),
    )


def _rights(has: Role, has_not: Role) -> list[str]:
    return [_(words) for roles, words in RIGHTS if has in roles and has_not not in roles]


def _role_notes(case: Case, turn: Turn) -> list[str]:
    gains, loses = _rights(turn.after, turn.before), _rights(turn.before, turn.after)
    notes = []
    if not gains and not loses:
        notes.append(_("What %(name)s may see and do stays the same.") % {"name": case.name})
    if turn.after == Role.OWNER:
        notes.append(_("An owner may also change or remove you. Only an owner can undo this."))
    if case.reader == case.member.user_id and loses:
        notes.append(_("This is you: you cannot give yourself the old role back."))
    notes.append(_("It takes effect at once. Allocated tokens stay, and so do limits set for this person."))
    return notes


def _limit_shifts(case: Case, turn: Turn) -> list[Shift]:
    """The limits that would hold instead: where the amount changes."""
    rules = rules_of_wallet(case.holding.wallet_id)
    now, then = (
        {
            limit.rule.period: limit
            for limit in limits_of_member(case.whose, rules, case.key, role)
            if limit.rule.subject_type in PER_PERSON
        }
        for role in (turn.before, turn.after)
    )
    tally, found = load_together(list(then.values())), []
    for period in PERIODS:
        old, new = _amount(now.get(period)), _amount(then.get(period))
        if old != new:
            hint = _limit_hint(then.get(period), tally, turn.after)
            found.append(Shift(_(LIMITS[period]), old, new, hint))
    return found


def _amount(limit: Limit | None) -> str:
    tokens = limit.rule.tokens if limit else None
    return _("no limit") if tokens is None else str(figures.figure(tokens))


def _limit_hint(limit: Limit | None, tally: Tally, role: Role) -> str:
    if limit is None:
        return ""
    names = {MEMBER: _("set for this person"), ROLE: _role_words(role), MEMBERS: _("default for all members")}
    said, spent = names[limit.rule.subject_type], max(tally.spent(limit), 0)
    if state_of(limit.rule.tokens, spent) != REACHED:
        return said
    words = {"rule": said, "spent": figures.figure(spent)}
    return _("%(rule)s; reached at once: %(spent)s spent already") % words


def bar_word(barred: bool) -> str:
    return _("barred") if barred else _("allowed")


def repeat_line(one: Repeating) -> str:
    words = {"what": one.what, "when": one.when, "day": one.next}
    return _("%(what)s, %(when)s; next on %(day)s") % words


BARS = {"bar": True, "allow": False, "by-role": None}
TITLES = {
    "bar": gettext_noop("Bar %(name)s from allocations"),
    "allow": gettext_noop("Allow allocations to %(name)s"),
    "by-role": gettext_noop("Let the role decide about allocations to %(name)s"),
}
CONFIRM = {
    "bar": gettext_noop("Bar from allocations"),
    "allow": gettext_noop("Allow allocations"),
    "by-role": gettext_noop("Let the role decide"),
}


def bar_effect(case: Case, what: str) -> Effect:
    """A bar, its end, or the role's word instead of the member's own. Seven queries."""
    bars, role = bars_of(case.organisation), case.member.role
    own, barred = bars.get((MEMBER, case.key)), BARS[what]
    now = is_barred(bars, member=case.key, role=role)
    then = bars.get((ROLE, role), False) if barred is None else barred
    title = _(TITLES[what]) % {"name": case.name}
    notes = () if now != then else (_("Nothing changes for now: that is already so."),)
    hint = _role_words(role) if barred is None else ""
    return Effect(
        title=title,
        back=case.back,
        confirm=_(CONFIRM[what]) if own != barred else "",
        shifts=(Shift(_("Allocations"), bar_word(now), bar_word(then), hint),) if now != then else (),
        groups=_bar_groups(case, then) if now != then else (),
        notes=notes,
        kept=(("do", what), ("was", str(own))),
    )


def _bar_groups(case: Case, then: bool) -> tuple[Group, ...]:
    repeating = [repeat_line(one) for one in _including(case)]
    if not then:
        again = [_("Allocations, and tokens moved from other members, can go to this person again.")]
        return groups_of(
            (_("What becomes possible"), again),
            (_("Repeating allocations that include them again"), repeating),
        )
    left = members_spending(case.whose, keys=(case.key,), count=1)[0].left
    stays = [_("Limits, coverage and the history.")]
    if left:
        words = {"tokens": figures.figure(left)}
        stays.insert(
            0, _("%(tokens)s allocated tokens: they can still be spent, and you can reclaim them.") % words
        )
    stops = [_("Allocations, and tokens moved from other members: nothing reaches this person.")]
    return groups_of(
        (_("What stays"), stays),
        (_("What stops"), stops),
        (_("Repeating allocations that leave them out"), repeating),
    )


def _including(case: Case) -> Sequence[Repeating]:
    """What repeats for people of whom the member is one."""
    centres = said_of(case.organisation, case.member, case.member.role).centre_keys
    wanted = {("members", ""), ("role", case.member.role), ("member", case.key)}
    wanted |= {("cost_centre", key) for key in centres}
    return [
        one
        for one in load_repeating(case.organisation)
        if (one.row.subject_type, one.row.subject_key) in wanted
    ]
