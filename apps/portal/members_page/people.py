"""A member on a page: initials, role, limit with meter, and where the use of this month is to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.spending import MemberLimit, MemberSpending
from apps.core import figures
from apps.core.periods import Period
from apps.organisations.models import Role

ROLES = {
    Role.OWNER: gettext_noop("Owner"),
    Role.ADMIN: gettext_noop("Admin"),
    Role.BILLING: gettext_noop("Billing"),
    Role.TEACHER: gettext_noop("Teacher"),
    Role.MEMBER: gettext_noop("Member"),
}
LIMITS: dict[Period, str] = {
    "day": gettext_noop("%(spent)s of %(tokens)s today"),
    "week": gettext_noop("%(spent)s of %(tokens)s this week"),
    "month": gettext_noop("%(spent)s of %(tokens)s this month"),
    "total": gettext_noop("%(spent)s of %(tokens)s in total"),
}


@dataclass(frozen=True, slots=True)
class LimitShown:
    """The limit that is used up most: in words, as a meter, with its state."""

    limit: MemberLimit

    @property
    def words(self) -> str:
        spent, tokens = figures.figure(self.limit.spent), figures.figure(self.limit.tokens)
        return _(LIMITS[self.limit.period]) % {"spent": spent, "tokens": tokens}

    @property
    def width(self) -> str:
        return figures.percent(self.limit.used, 10_000)

    @property
    def state(self) -> str:
        return self.limit.state


@dataclass(frozen=True, slots=True)
class Person:
    """One member as pages show them. Micro-tokens."""

    key: str
    name: str
    role: str
    left: int
    spent: int
    last: int
    limit: LimitShown | None
    url: str

    @property
    def initials(self) -> str:
        words = [word for word in self.name.replace("@", " ").split() if word[:1].isalnum()]
        ends = [words[0], words[-1]] if len(words) > 1 else words
        return "".join(word[0] for word in ends).upper()


def show(member: MemberSpending, limit: MemberLimit | None, slug: str, month: date, today: date) -> Person:
    """The member, with a link to their page; somebody who has left to their use of this month."""
    return Person(
        key=member.key,
        name=member.name,
        role=_(ROLES[Role(member.role)]) if member.role else _("Has left"),
        left=member.left,
        spent=member.spent,
        last=member.last,
        limit=LimitShown(limit) if limit else None,
        url=reverse("member", args=[slug, member.key])
        if member.role
        else usage_url(slug, member.key, month, today),
    )


def usage_url(slug: str, key: str, month: date, today: date) -> str:
    """The organisation's usage page of this month, of one person."""
    query = urlencode({"from": month.isoformat(), "to": today.isoformat(), "person": key})
    return f"{reverse('organisation_usage', args=[slug])}?{query}"
