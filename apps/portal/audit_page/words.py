"""The facts of a change in the reader's words: names instead of ids, amounts and days as pages write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import figures
from apps.core.units import parse_tokens
from apps.identity.models import User
from apps.organisations.models import CostCentre, Organisation
from apps.portal.members_page.people import ROLES

Facts = Mapping[str, Any]
FIELDS = {
    "subject": gettext_noop("for"),
    "tokens": gettext_noop("tokens"),
    "coverage_percent": gettext_noop("percent covered"),
    "role": gettext_noop("role"),
    "user": gettext_noop("person"),
    "barred": gettext_noop("barred"),
    "name": gettext_noop("name"),
    "kind": gettext_noop("kind"),
    "parent": gettext_noop("part of"),
    "quota": gettext_noop("generations"),
    "plan": gettext_noop("plan"),
    "from": gettext_noop("from"),
    "until": gettext_noop("until"),
    "below": gettext_noop("below"),
    "email": gettext_noop("e-mail"),
    "people": gettext_noop("people"),
    "members": gettext_noop("members"),
    "day": gettext_noop("on day"),
    "id": gettext_noop("of"),
    "unlimited": gettext_noop("paid afterwards"),
    "frozen": gettext_noop("frozen"),
    "time_zone": gettext_noop("time zone"),
    "price_book": gettext_noop("price book"),
    "earmark": gettext_noop("reserved"),
    "key": gettext_noop("key"),
    "label": gettext_noop("used for"),
    "scopes": gettext_noop("may"),
    "expires_at": gettext_noop("ends"),
    "revoked_at": gettext_noop("revoked"),
    "replaced_by": gettext_noop("replaced by"),
}
SAID: dict[str, dict[Any, str]] = {
    "period": {
        "day": gettext_noop("per day"),
        "week": gettext_noop("per week"),
        "month": gettext_noop("per month"),
        "total": gettext_noop("in total"),
    },
    "every": {"week": gettext_noop("every week"), "month": gettext_noop("every month")},
    "mode": {
        "shared_pool": gettext_noop("the organisation pays all"),
        "member_wallets": gettext_noop("members pay themselves"),
        "add": gettext_noop("the same for each"),
        "top_up": gettext_noop("topped up"),
    },
    "state": {
        "granted": gettext_noop("granted until the period ends"),
        "raised": gettext_noop("granted for good"),
        "declined": gettext_noop("declined"),
    },
}
"""Values that say all by themselves, without the name of their field."""
SUBJECTS = {
    "organisation": gettext_noop("the organisation"),
    "members": gettext_noop("all members"),
}
KINDS = {
    "course": gettext_noop("course"),
    "campus": gettext_noop("campus"),
    "department": gettext_noop("department"),
    "group": gettext_noop("group"),
    "project": gettext_noop("project"),
}
AMOUNTS = frozenset({"tokens", "below", "earmark"})
INSTANTS = frozenset({"expires_at", "revoked_at"})
DAYS = frozenset({"from", "until"})
AS_IT_IS = frozenset({"name", "email", "key", "label", "time_zone", "price_book", "plan", "replaced_by"})


@dataclass(frozen=True, slots=True)
class Names:
    """What people and cost centres are called, by the platform's ids, and the zone of the page."""

    people: Mapping[str, str]
    centres: Mapping[str, str]
    zone: ZoneInfo


def names_in(organisation: Organisation, facts: Iterable[Facts | None], zone: ZoneInfo) -> Names:
    """The names that the facts need: two queries."""
    keys = {key for one in facts if one for key in _keys(one)}
    people = {user.platform_id: str(user) for user in User.objects.filter(platform_id__in=keys)}
    centres = CostCentre.objects.filter(organisation=organisation, platform_id__in=keys)
    return Names(people, dict(centres.values_list("platform_id", "name")), zone)


def _keys(facts: Facts) -> Iterable[str]:
    subject = facts.get("subject")
    found = [facts.get("user"), facts.get("id"), facts.get("parent")]
    found.append(subject.get("id") if isinstance(subject, dict) else None)
    return [key for key in found if isinstance(key, str)]


def facts_text(facts: Facts | None, names: Names) -> str:
    """``for Ada Okafor, tokens 500, per week``; nothing where there was no row."""
    return ", ".join(_fact(name, value, names) for name, value in (facts or {}).items())


def _fact(name: str, value: Any, names: Names) -> str:
    if name in SAID:
        return _(SAID[name][value]) if value in SAID[name] else str(value)
    label = _(FIELDS[name]) if name in FIELDS else name.replace("_", " ")
    return f"{label} {_value(name, value, names)}"


def _value(name: str, value: Any, names: Names) -> str:
    if value is None:
        return _("no limit") if name == "tokens" else "\N{EN DASH}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return _subject(value, names)
    if isinstance(value, list):
        return ", ".join(str(part).replace("_", " ") for part in value)
    return _text(name, str(value), names)


def _subject(value: Mapping[str, Any], names: Names) -> str:
    kind, key = str(value.get("type", "")), str(value.get("id", ""))
    if kind in SUBJECTS:
        return _(SUBJECTS[kind])
    if kind == "role":
        return _("the role %(role)s") % {"role": _role(key)}
    return names.centres.get(key, key) if kind == "cost_centre" else names.people.get(key, key)


def _role(key: str) -> str:
    return next((_(name) for role, name in ROLES.items() if role == key), key)


def _text(name: str, text: str, names: Names) -> str:
    if name == "role":
        return _role(text)
    if name == "user":
        return names.people.get(text, text)
    if name in ("id", "parent"):
        return names.centres.get(text, text)
    if name == "kind" and text in KINDS:
        return _(KINDS[text])
    if name in AMOUNTS:
        return _amount(text)
    if name in INSTANTS or name in DAYS:
        return _time(text, names.zone)
    return text if name in AS_IT_IS else text.replace("_", " ")


def _amount(text: str) -> str:
    try:
        return str(figures.figure(parse_tokens(text)))
    except ValueError:
        return text


def _time(text: str, zone: ZoneInfo) -> str:
    try:
        if len(text) == len("2026-11-27"):
            return figures.day_and_year(date.fromisoformat(text))
        return date_format(timezone.localtime(datetime.fromisoformat(text), zone), "DATETIME_FORMAT")
    except ValueError:
        return text
