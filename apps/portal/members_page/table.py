"""The members of an organisation as CSV, with exact amounts."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.csv_files import Number, csv_text
from apps.core.units import format_tokens
from apps.portal.members_page.page import MembersPage
from apps.portal.members_page.people import Person

MOST_LINES = 10_000


def members_table(page: MembersPage) -> str:
    """Everybody whom the search finds, in the page's order."""
    head = (
        _("Member"),
        _("Id"),
        _("Role"),
        _("Allocated left"),
        _("Spent this month"),
        _("Spent last month"),
        _("Limit"),
        _("Limit per"),
        _("Spent of it"),
        _("State"),
    )
    return csv_text(head, [_line(person) for person in page.people])


def file_name(page: MembersPage) -> str:
    """``members-lindenhof-2026-11-21.csv``."""
    return f"members-{page.holding.slug}-{page.at.astimezone(page.zone).date().isoformat()}.csv"


def _line(person: Person) -> tuple[str, ...]:
    return (
        person.name,
        person.key,
        person.role,
        Number(format_tokens(person.left)),
        Number(format_tokens(person.spent)),
        Number(format_tokens(person.last)),
        *_limit(person),
    )


def _limit(person: Person) -> tuple[str, ...]:
    if person.limit is None:
        return ("", "", "", "")
    limit = person.limit.limit
    return (
        Number(format_tokens(limit.tokens)),
        limit.period,
        Number(format_tokens(limit.spent)),
        limit.state,
    )
