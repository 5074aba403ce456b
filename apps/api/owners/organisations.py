"""Organisations, their members and their cost centres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from apps.allocations.alerts import admit_member
from apps.allocations.defaults import open_organisation
from apps.allocations.earmarks import place_cost_centre
from apps.allocations.leaving import remove_member
from apps.api.calls import Answer, Call, operation, organisation_in_path
from apps.api.endpoint import Endpoint
from apps.api.owners import asked
from apps.api.owners.shown import show_instant
from apps.api.pages import page, page_query, page_schema
from apps.api.schema import INSTANT, TEXT, component, nullable, record
from apps.api.shapes.base import Shape
from apps.api.shapes.texts import PlatformId
from apps.core.errors import InvalidState, NotFound
from apps.identity.scopes import ORGANISATIONS, READ
from apps.identity.selectors import find_user
from apps.organisations.models import CostCentre, Membership, Role
from apps.organisations.selectors import cost_centres_of, find_member, find_organisation, members_of
from apps.organisations.services import KeptParent
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet

ORGANISATION_PATH = {"organisation_id": PlatformId()}
ORGANISATION = component(
    "Organisation",
    record(
        id=TEXT,
        name=TEXT,
        price_book=TEXT,
        time_zone=TEXT,
        unlimited={"type": "boolean"},
        created_at=INSTANT,
    ),
)


def show_organisation(wallet: Wallet) -> dict[str, Any]:
    return {
        "id": wallet.owner_key,
        "name": wallet.organisation.name if wallet.organisation else "",
        "price_book": wallet.price_book_id,
        "time_zone": wallet.coming_time_zone or wallet.time_zone,
        "unlimited": wallet.unlimited,
        "created_at": show_instant(wallet.created_at),
    }


class OrganisationEndpoint(Endpoint):
    """`organisations/{id}`"""

    @operation(
        summary="Make or change an organisation",
        description="Fields left out stay as they are.",
        scopes=(ORGANISATIONS,),
        path=ORGANISATION_PATH,
        body=asked.ORGANISATION,
        answers={200: ORGANISATION, 201: ORGANISATION},
        problems=(InvalidState,),
    )
    def put(self, call: Call) -> Answer:
        key = call.path["organisation_id"]
        synced = open_organisation(key=key, fields=call.body, at=call.at, actor=call.caller.actor)
        return Answer(201 if synced.created else 200, show_organisation(synced.wallet))

    @operation(
        summary="Read an organisation",
        scopes=(READ, ORGANISATIONS),
        path=ORGANISATION_PATH,
        reads=organisation_in_path,
        answers={200: ORGANISATION},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        return Answer(200, show_organisation(find_wallet("organisation", call.path["organisation_id"])))


MEMBER = component(
    "Member",
    record(
        organisation=TEXT, user=TEXT, role={"type": "string", "enum": list(Role.values)}, joined_at=INSTANT
    ),
)


def show_member(organisation: str, membership: Membership) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "user": membership.user.platform_id,
        "role": membership.role,
        "joined_at": show_instant(membership.joined_at),
    }


class MembersEndpoint(Endpoint):
    """`organisations/{id}/members`"""

    @operation(
        summary="List an organisation's members",
        scopes=(READ, ORGANISATIONS),
        path=ORGANISATION_PATH,
        query=page_query("MembersQuery", {}),
        reads=organisation_in_path,
        answers={200: page_schema(MEMBER)},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        organisation = find_organisation(call.path["organisation_id"])
        limit = call.query["limit"]
        rows = members_of(organisation, before=_before(call), count=limit + 1)
        shown = page(
            rows,
            limit,
            show=lambda row: show_member(organisation.platform_id, row),
            place=lambda row: (row.pk,),
        )
        return Answer(200, shown)


def _before(call: Call) -> int | None:
    return call.query["cursor"][0] if "cursor" in call.query else None


class MemberEndpoint(Endpoint):
    """`organisations/{id}/members/{user}`"""

    path: ClassVar[Mapping[str, Shape]] = {**ORGANISATION_PATH, "user_id": PlatformId()}

    @operation(
        summary="Make or change a member",
        description="The last owner cannot be demoted.",
        scopes=(ORGANISATIONS,),
        path=path,
        body=asked.MEMBER,
        answers={200: MEMBER, 201: MEMBER},
        problems=(NotFound, InvalidState),
    )
    def put(self, call: Call) -> Answer:
        organisation = find_organisation(call.path["organisation_id"])
        membership, created = admit_member(
            organisation=organisation,
            user=find_user(call.path["user_id"]),
            role=call.body["role"],
            actor=call.caller.actor,
            at=call.at,
        )
        return Answer(201 if created else 200, show_member(organisation.platform_id, membership))

    @operation(
        summary="Remove a member",
        description="Unspent, unheld allocated tokens return to the organisation; open holds end by "
        "themselves. The member's own limits and funding end. The last owner cannot leave.",
        scopes=(ORGANISATIONS,),
        path=path,
        answers={204: None},
        problems=(NotFound, InvalidState),
    )
    def delete(self, call: Call) -> Answer:
        organisation, user = find_member(call.path["organisation_id"], call.path["user_id"])
        remove_member(organisation=organisation, user=user, actor=call.caller.actor, at=call.at)
        return Answer(204)


COST_CENTRE = component(
    "CostCentre",
    record(
        organisation=TEXT,
        id=TEXT,
        name=TEXT,
        kind={"type": "string", "enum": list(CostCentre.Kind.values)},
        parent=nullable(TEXT),
    ),
)


def show_cost_centre(organisation: str, centre: CostCentre) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "id": centre.platform_id,
        "name": centre.name,
        "kind": centre.kind,
        "parent": centre.parent.platform_id if centre.parent else None,
    }


class CostCentresEndpoint(Endpoint):
    """`organisations/{id}/cost-centres`"""

    @operation(
        summary="List an organisation's cost centres",
        scopes=(READ, ORGANISATIONS),
        path=ORGANISATION_PATH,
        query=page_query("CostCentresQuery", {}),
        reads=organisation_in_path,
        answers={200: page_schema(COST_CENTRE)},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        organisation = find_organisation(call.path["organisation_id"])
        limit = call.query["limit"]
        rows = cost_centres_of(organisation, before=_before(call), count=limit + 1)
        shown = page(
            rows,
            limit,
            show=lambda row: show_cost_centre(organisation.platform_id, row),
            place=lambda row: (row.pk,),
        )
        return Answer(200, shown)


class CostCentreEndpoint(Endpoint):
    """`organisations/{id}/cost-centres/{cc}`"""

    @operation(
        summary="Make or change a cost centre",
        description="A parent left out stays as it is, `null` takes it away.",
        scopes=(ORGANISATIONS,),
        path={**ORGANISATION_PATH, "cost_centre_id": PlatformId()},
        body=asked.COST_CENTRE,
        answers={200: COST_CENTRE, 201: COST_CENTRE},
        problems=(NotFound,),
    )
    def put(self, call: Call) -> Answer:
        organisation = find_organisation(call.path["organisation_id"])
        centre, created = place_cost_centre(
            organisation=organisation,
            key=call.path["cost_centre_id"],
            name=call.body["name"],
            kind=call.body["kind"],
            parent=call.body.get("parent", KeptParent()),
            actor=call.caller.actor,
            at=call.at,
        )
        return Answer(201 if created else 200, show_cost_centre(organisation.platform_id, centre))
