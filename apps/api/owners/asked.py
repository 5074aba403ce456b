"""The bodies that endpoints of users and organisations take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.allocations.rules import SubjectRef
from apps.allocations.services import AT_ONCE
from apps.api.shapes.base import Errors, Schema, refuse
from apps.api.shapes.numbers import Amount, Flag, Percent
from apps.api.shapes.objects import Fields, Items, Nullable, needed, optional
from apps.api.shapes.texts import Choice, Email, KnownCode, PlatformId, Text, TimeZone
from apps.core.periods import PERIODS
from apps.identity.selectors import account_type_codes
from apps.organisations.models import CostCentre, Role
from apps.pricing.selectors import price_book_codes
from apps.wallets.services import CREDITS

ACCOUNT_TYPE = KnownCode(account_type_codes)
PRICE_BOOK = KnownCode(price_book_codes)
LIMITS_AT_ONCE = 1_000

USER = Fields(
    "UserFields",
    {
        "email": optional(Email()),
        "name": optional(Text(200, shortest=0)),
        "account_type": optional(ACCOUNT_TYPE),
        "time_zone": optional(TimeZone()),
        "price_book": optional(PRICE_BOOK),
    },
    example={"email": "ada@school.example", "name": "Ada", "account_type": "learner"},
)
ORGANISATION = Fields(
    "OrganisationFields",
    {
        "name": needed(Text(200)),
        "price_book": optional(PRICE_BOOK),
        "time_zone": optional(TimeZone()),
        "unlimited": optional(Flag()),
    },
    example={"name": "Lingua", "price_book": "school", "time_zone": "Europe/Brussels"},
)
MEMBER = Fields("MemberFields", {"role": needed(Choice(Role.values))}, example={"role": "teacher"})
COST_CENTRE = Fields(
    "CostCentreFields",
    {
        "name": needed(Text(200)),
        "kind": needed(Choice(CostCentre.Kind.values)),
        "parent": optional(Nullable(PlatformId())),
    },
    example={"name": "Spanish A1", "kind": "course", "parent": "campus-south"},
)


class Subject:
    """Whom a rule is about, read as a `SubjectRef`; some types have an id, some have none."""

    def __init__(self, types: tuple[str, ...]) -> None:
        self.types = types
        self._outer = Fields("Subject", {"type": needed(Choice(types)), "id": optional(PlatformId())})

    def read(self, value: Any) -> SubjectRef:
        values = self._outer.read(value)
        subject = SubjectRef(values["type"], values.get("id", ""))
        if subject.type in _WHOLE:
            if subject.key:
                refuse(f"The subject {subject.type} has no id.")
        elif not subject.key:
            refuse(f"Name the {subject.type.replace('_', ' ')} by its id.")
        elif subject.type == "role" and subject.key not in Role.values:
            refuse(f"Roles are: {', '.join(Role.values)}.")
        return subject

    def schema(self) -> Schema:
        return {"anyOf": [_one_subject(kind) for kind in self.types]}


_WHOLE = ("organisation", "members")


def _one_subject(kind: str) -> Schema:
    found: Schema = {"type": "object", "additionalProperties": False, "required": ["type"]}
    found["properties"] = {"type": {"type": "string", "enum": [kind]}}
    if kind not in _WHOLE:
        found["properties"]["id"] = Choice(Role.values).schema() if kind == "role" else PlatformId().schema()
        found["required"] = ["type", "id"]
    return found


class SetOrRemoved(Fields):
    """Fields of which `needs` must be given unless `remove` is true; then `names` must."""

    def __init__(
        self, name: str, fields: Mapping[str, Any], *, needs: str, names: str, example: Any = None
    ) -> None:
        self.to_set, self.to_remove = needs, names
        super().__init__(
            name, {**fields, "remove": optional(Flag(), False)}, check=self._ask, example=example
        )

    @property
    def may_be_empty(self) -> bool:
        return False

    def _ask(self, values: Mapping[str, Any]) -> Errors:
        asked = self.to_remove if values["remove"] else self.to_set
        return {} if asked in values else {asked: ["This field is required."]}

    def schema(self) -> Schema:
        removed = {"required": [self.to_remove, "remove"], "properties": {"remove": {"enum": [True]}}}
        kept = {"required": [self.to_set], "properties": {"remove": {"enum": [False]}}}
        return super().schema() | {"anyOf": [kept, removed]}


FUNDING = SetOrRemoved(
    "FundingFields",
    {
        "mode": optional(Choice(("member_wallets", "shared_pool"))),
        "coverage_percent": optional(Percent(), 0),
        "subject": optional(Subject(("role", "member"))),
    },
    needs="mode",
    names="subject",
    example={"mode": "member_wallets", "coverage_percent": 50, "subject": {"type": "role", "id": "member"}},
)


def _no_limit_twice(values: Mapping[str, Any]) -> Errors:
    places = [(limit["subject"], limit["period"]) for limit in values["limits"]]
    return (
        {} if len(set(places)) == len(places) else {"limits": ["Each subject and period can be named once."]}
    )


LIMIT = SetOrRemoved(
    "LimitFields",
    {
        "subject": needed(Subject(("organisation", "members", "role", "member", "cost_centre"))),
        "period": needed(Choice(PERIODS)),
        "tokens": optional(Nullable(Amount(zero=True))),
    },
    needs="tokens",
    names="subject",
)
LIMITS = Fields(
    "LimitsFields",
    {"limits": needed(Items(LIMIT, least=0, most=LIMITS_AT_ONCE))},
    check=_no_limit_twice,
    example={"limits": [{"subject": {"type": "members"}, "period": "week", "tokens": "100"}]},
)
BUDGET = Fields(
    "BudgetFields",
    {"tokens": needed(Nullable(Amount(zero=True))), "blocks": optional(Flag(), True)},
    example={"tokens": "500", "blocks": True},
)


def _no_member_twice(values: Mapping[str, Any]) -> Errors:
    users = [item["user"] for item in values["items"]]
    return {} if len(set(users)) == len(users) else {"items": ["Each member can be named once."]}


ITEMS = Fields(
    "AllocationFields",
    {
        "items": needed(
            Items(
                Fields("AllocationItem", {"user": needed(PlatformId()), "tokens": needed(Amount())}),
                least=1,
                most=AT_ONCE,
            )
        ),
        "note": optional(Text(500, shortest=0), ""),
    },
    check=_no_member_twice,
    example={"items": [{"user": "ada", "tokens": "100"}], "note": "Spring term"},
)
CREDIT = Fields(
    "CreditFields",
    {
        "owner": needed(
            Fields("Owner", {"type": needed(Choice(("user", "organisation"))), "id": needed(PlatformId())})
        ),
        "tokens": needed(Amount()),
        "kind": needed(Choice(tuple(CREDITS))),
        "reason": needed(Text(500)),
    },
    example={
        "owner": {"type": "user", "id": "ada"},
        "tokens": "100",
        "kind": "promotion",
        "reason": "Won the essay competition",
    },
)
