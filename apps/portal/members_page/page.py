"""Members of an organisation with what they spent, what they have left and how their limits stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.allocations.limits import Limit, Tally
from apps.allocations.spending import (
    MemberSpending,
    MonthTotals,
    Order,
    Whose,
    count_members,
    limits_of_member,
    members_spending,
    month_totals,
    most_used,
    person_rules,
)
from apps.allocations.tallying import load_tally
from apps.core import figures
from apps.core.periods import zone
from apps.organisations.models import Role
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES, Person, show
from apps.portal.paging import page_number
from apps.portal.sorting import Heading

ROOM = 50
"""Members on one page."""
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is looked for, in which order, from which page on (the first is 1)."""

    search: str = ""
    order: Order = "-spent"
    page: int = 1
    role: str = ""

    def query(self) -> str:
        parts = {"q": self.search, "role": self.role, "sort": "" if self.order == "-spent" else self.order}
        parts["page"] = str(self.page) if self.page > 1 else ""
        return "?" + urlencode({name: value for name, value in parts.items() if value})


@dataclass(frozen=True, slots=True)
class MembersPage:
    """One page of members; `found` are all that the search finds, `people` those shown."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    asked: Asked
    days: str
    month: str
    last_month: str
    totals: MonthTotals
    found: int
    people: tuple[Person, ...]

    @property
    def roles(self) -> list[tuple[str, str]]:
        return [(role.value, _(name)) for role, name in ROLES.items()]

    @property
    def pages(self) -> int:
        return max(-(-self.found // ROOM), 1)

    @property
    def previous_url(self) -> str:
        return replace(self.asked, page=self.asked.page - 1).query() if self.asked.page > 1 else ""

    @property
    def next_url(self) -> str:
        return replace(self.asked, page=self.asked.page + 1).query() if self.asked.page < self.pages else ""

    @property
    def headings(self) -> dict[str, Heading]:
        """By column: amounts sort downwards first, names upwards."""
        return {
            "name": _heading(self.asked, "name", "-name"),
            "left": _heading(self.asked, "-left", "left"),
            "spent": _heading(self.asked, "-spent", "spent"),
        }

    @property
    def places(self) -> int:
        return figures.column_places([n for p in self.people for n in (p.left, p.spent, p.last)])


def _heading(asked: Asked, first: Order, second: Order) -> Heading:
    wanted = second if asked.order == first else first
    order = asked.order if asked.order in (first, second) else ""
    direction = "" if not order else "descending" if order.startswith("-") else "ascending"
    return Heading(replace(asked, order=wanted, page=1).query(), direction)


def read_asked(query: Mapping[str, str]) -> Asked:
    """What the page's query asks for; what makes no sense is left at the usual."""
    order: Order = next((order for order in ORDERS if order == query.get("sort")), "-spent")
    role = query.get("role", "")
    search = query.get("q", "").replace("\0", "").strip()[:100]
    return Asked(search, order, page_number(query), role if role in Role.values else "")


def load_members_page(holding: Holding, shell: Shell, asked: Asked, *, room: int = ROOM) -> MembersPage:
    """The page of members, at most `room` of them: five queries beside the shell's."""
    calendar, at = shell.desk.wallets[holding.wallet_id].calendar, shell.at
    whose = Whose(holding.wallet_id, calendar, calendar.day_of(at))
    found = count_members(whose, search=asked.search, role=asked.role)
    asked = replace(asked, page=min(asked.page, max(-(-found // room), 1)))
    members = members_spending(
        whose,
        search=asked.search,
        order=asked.order,
        offset=(asked.page - 1) * room,
        count=room,
        role=asked.role,
    )
    return MembersPage(
        holding=holding,
        at=at,
        zone=zone(calendar.zone_at(at)),
        asked=asked,
        days=figures.days_between(whose.month, whose.today),
        month=figures.month_name(whose.month),
        last_month=figures.month_name(whose.last_month),
        totals=month_totals(whose),
        found=found,
        people=_people(members, whose, holding.slug),
    )


def _people(members: list[MemberSpending], whose: Whose, slug: str) -> tuple[Person, ...]:
    rules = person_rules(whose.wallet_id)
    held: dict[str, tuple[Limit, ...]] = {
        member.key: limits_of_member(whose, rules, member.key, member.role) for member in members
    }
    tally = load_tally(Tally(), [limit for limits in held.values() for limit in limits])
    return tuple(
        show(member, most_used(held[member.key], tally), slug, whose.month, whose.today) for member in members
    )
