"""The rules of an organisation's money: who pays, and how much may be spent."""

from __future__ import annotations

from typing import Any

from apps.allocations.models import FundingRule
from apps.allocations.rules import (
    LimitChange,
    SubjectRef,
    funding_of,
    remove_funding,
    set_funding,
    set_limits,
)
from apps.allocations.selectors import limits_of_organisation
from apps.api.calls import Answer, Call, operation, organisation_in_path
from apps.api.endpoint import Endpoint
from apps.api.owners import asked
from apps.api.owners.organisations import ORGANISATION_PATH
from apps.api.owners.shown import LIMITS, show_limit, show_subject
from apps.api.schema import TEXT, TOKENS, component, nullable, record
from apps.core.errors import NotAMember, NotFound
from apps.core.units import format_tokens
from apps.identity.scopes import ORGANISATIONS, READ
from apps.organisations.models import Organisation
from apps.organisations.selectors import find_organisation

FUNDING = component(
    "Funding",
    record(
        organisation=TEXT,
        subject=nullable(record(type={"type": "string", "enum": ["role", "member"]}, id=TEXT)),
        mode={"type": "string", "enum": list(FundingRule.Mode.values)},
        coverage_percent=TOKENS,
    )
    | {"description": "What holds for the subject, or for the whole organisation."},
)
WHOLE = SubjectRef("organisation")


def show_funding(organisation: Organisation, subject: SubjectRef, rule: FundingRule) -> dict[str, Any]:
    return {
        "organisation": organisation.platform_id,
        "subject": None if subject == WHOLE else show_subject(subject.type, subject.key),
        "mode": rule.mode,
        "coverage_percent": format_tokens(rule.coverage_micro_percent),
    }


class FundingEndpoint(Endpoint):
    """`organisations/{id}/funding`"""

    @operation(
        summary="Say who pays for members",
        description="`coverage_percent` is ignored with a shared pool. With `remove: true` the subject's own "
        "rule is taken back; the answer is the rule that then holds for it.",
        scopes=(ORGANISATIONS,),
        path=ORGANISATION_PATH,
        body=asked.FUNDING,
        answers={200: FUNDING, 201: FUNDING},
        problems=(NotFound, NotAMember),
    )
    def put(self, call: Call) -> Answer:
        organisation = find_organisation(call.path["organisation_id"])
        subject, created = call.body.get("subject", WHOLE), False
        if call.body["remove"]:
            remove_funding(organisation=organisation, subject=subject, actor=call.caller.actor, at=call.at)
        else:
            _, created = set_funding(
                organisation=organisation,
                subject=subject,
                mode=call.body["mode"],
                micro_percent=call.body["coverage_percent"],
                actor=call.caller.actor,
                at=call.at,
            )
        rule = funding_of(organisation, subject)
        return Answer(201 if created else 200, show_funding(organisation, subject, rule))


class LimitsEndpoint(Endpoint):
    """`organisations/{id}/limits`"""

    @operation(
        summary="Read an organisation's limits",
        description="With what has been spent of each, open holds included.",
        scopes=(READ, ORGANISATIONS),
        path=ORGANISATION_PATH,
        reads=organisation_in_path,
        answers={200: LIMITS},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        return Answer(200, _limits(call))

    @operation(
        summary="Set an organisation's limits",
        description="Sets those listed and leaves the others. `tokens: null` means explicitly no limit; "
        "`remove: true` takes a limit away, so that the next less specific one holds.",
        scopes=(ORGANISATIONS,),
        path=ORGANISATION_PATH,
        body=asked.LIMITS,
        answers={200: LIMITS},
        problems=(NotFound, NotAMember),
    )
    def put(self, call: Call) -> Answer:
        changes = [
            LimitChange(limit["subject"], limit["period"], limit.get("tokens"), limit["remove"])
            for limit in call.body["limits"]
        ]
        organisation = find_organisation(call.path["organisation_id"])
        set_limits(organisation=organisation, changes=changes, actor=call.caller.actor, at=call.at)
        return Answer(200, _limits(call))


def _limits(call: Call) -> dict[str, Any]:
    limits = limits_of_organisation(call.path["organisation_id"], at=call.at)
    return {"limits": [show_limit(limit) for limit in limits]}
