"""An organisation's scenario in an address: its fields, what is wrong with them, and the link to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from apps.core.units import MICRO
from apps.portal.calculator.typed import TYPED, NumberField, NumberRule, money_text, read_field
from apps.pricing.hosting import GIGABYTE
from apps.pricing.planning import Scenario

RULES = (
    NumberRule("campuses", 0, 10_000),
    NumberRule("members_per_campus", 2, 1_000_000),
    NumberRule("courses", 0, 100_000),
    NumberRule("members_per_course", 2, 100_000),
    NumberRule("members", 0, 10_000_000),
    NumberRule("storage_gb", 3, 1_000_000),
    NumberRule("budget_per_member", 2, 1_000, is_money=True),
)
BEGINNING = {
    "campuses": "2",
    "members_per_campus": "75",
    "courses": "6",
    "members_per_course": "30",
    "members": "150",
    "storage_gb": "120",
    "budget_per_member": "5.00",
}
"""What the page begins with: an organisation to change into one's own."""


@dataclass(frozen=True, slots=True)
class AskedScenario:
    """The fields by name, and the scenario they make; None while one of them is wrong."""

    fields: dict[str, NumberField]
    scenario: Scenario | None
    typed: bool

    def link(self, book: str) -> str:
        """The address's query of this scenario, the same for every reader."""
        values = {name: field.plain for name, field in self.fields.items()}
        values["budget_per_member"] = money_text(self.fields["budget_per_member"].micro)
        return urlencode({**values, "book": book})


def read_scenario(query: Mapping[str, str]) -> AskedScenario:
    """Read an address; without any field of a scenario it is the one that the page begins with."""
    typed = TYPED in query
    given = query if any(rule.name in query for rule in RULES) else BEGINNING
    fields = {rule.name: read_field(rule, given.get(rule.name, ""), typed=typed) for rule in RULES}
    wrong = any(field.problem for field in fields.values())
    return AskedScenario(fields, None if wrong else _scenario(fields), typed)


def _scenario(fields: Mapping[str, NumberField]) -> Scenario:
    micro = {name: field.micro for name, field in fields.items()}
    return Scenario(
        campuses=micro["campuses"] // MICRO,
        members_per_campus=Fraction(micro["members_per_campus"], MICRO),
        courses=micro["courses"] // MICRO,
        members_per_course=Fraction(micro["members_per_course"], MICRO),
        members=micro["members"] // MICRO,
        stored_bytes=micro["storage_gb"] * GIGABYTE // MICRO,
        budget_minor=micro["budget_per_member"] * 100 // MICRO,
    )
