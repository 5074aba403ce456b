"""Members' spending this month on an organisation's overview: who is at a limit, then who spent most."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import ngettext

from apps.allocations.selectors import NEAR, REACHED
from apps.allocations.spending import PER_PERSON, Spender, Whose, spenders
from apps.core import figures, findings
from apps.core.charts import Bar, bars
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import Person, show
from apps.portal.wallet_page.limits import all_rules

MOST = 5
MOST_PRESSING = 3


@dataclass(frozen=True, slots=True)
class MembersBlock:
    """`pressing` are members near or at a limit, those at it first; `more_pressing` are not shown."""

    pressing: tuple[Person, ...]
    more_pressing: int
    title: str
    days: str
    bars: tuple[Bar, ...]
    total: int

    @property
    def places(self) -> int:
        return figures.sum_places([bar.amount for bar in self.bars], self.total)


def load_members_block(holding: Holding, shell: Shell) -> MembersBlock:
    """Two queries: the limits of persons, and what everybody spent in their periods."""
    calendar = shell.desk.wallets[holding.wallet_id].calendar
    whose = Whose(holding.wallet_id, calendar, calendar.day_of(shell.at))
    found = spenders(whose, [rule for rule in all_rules(holding, shell) if rule.subject_type in PER_PERSON])
    pressing = sorted(filter(_is_pressing, found), key=_most_pressing)
    people = [_show(spender, whose, holding.slug) for spender in pressing[:MOST_PRESSING]]
    spent = [spender for spender in found if spender.member.spent > 0]
    total = sum(spender.member.spent for spender in spent)
    return MembersBlock(
        pressing=tuple(people),
        more_pressing=len(pressing) - len(people),
        title=findings.half_title([spender.member.spent for spender in spent[:MOST]], total),
        days=figures.days_between(whose.month, whose.today),
        bars=_bars(spent, total, whose, holding.slug),
        total=total,
    )


def _is_pressing(spender: Spender) -> bool:
    return spender.limit is not None and spender.limit.state in (NEAR, REACHED)


def _most_pressing(spender: Spender) -> tuple[int, str]:
    return -(spender.limit.used if spender.limit else 0), spender.member.name


def _show(spender: Spender, whose: Whose, slug: str) -> Person:
    return show(spender.member, spender.limit, slug, whose.month, whose.today)


def _bars(spent: list[Spender], total: int, whose: Whose, slug: str) -> tuple[Bar, ...]:
    people = [_show(spender, whose, slug) for spender in spent[:MOST]]
    rows = [(person.name, person.spent) for person in people]
    others = len(spent) - len(people)
    if others > 0:
        name = ngettext("%(count)d other member", "%(count)d other members", others)
        rows.append((name % {"count": others}, total - sum(amount for _name, amount in rows)))
    return bars(
        rows,
        total=total,
        seconds=[person.role for person in people],
        urls=[person.url for person in people],
    )
