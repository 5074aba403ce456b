"""Resources reported and ended, bills read, and what an owner may do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.api.calls import Answer, Call, operation, organisation_as_owner, organisation_in_query
from apps.api.endpoint import Endpoint
from apps.api.hosting import shapes
from apps.api.pages import page, page_schema
from apps.core.errors import NotFound
from apps.hosting.entitlements import entitlements_of
from apps.hosting.reporting import Reported, end_resource, latest_shares, report_resource
from apps.hosting.selectors import find_resource, list_bills
from apps.identity.scopes import CHARGES, ORGANISATIONS, READ, USERS


class ResourceEndpoint(Endpoint):
    """`resources/{kind}/{id}`"""

    @operation(
        summary="Report a hosted resource",
        description="What it holds from `since` on (default: now) until the next report. Late reports are "
        "kept with their time; for a month that is billed already they become a line on the next bill. "
        "Without `shares` the owner pays alone; with them each payer pays by weight.",
        scopes=(ORGANISATIONS,),
        path=shapes.RESOURCE_PATH,
        body=shapes.RESOURCE_FIELDS,
        answers={200: shapes.RESOURCE, 201: shapes.RESOURCE},
        problems=(NotFound,),
    )
    def put(self, call: Call) -> Answer:
        kind, key = call.path["kind"], call.path["resource_id"]
        _resource, created = report_resource(
            kind=kind, key=key, reported=_reported(call.body), actor=call.caller.actor, at=call.at
        )
        return Answer(201 if created else 200, _shown(kind, key))

    @operation(
        summary="Read a hosted resource",
        scopes=(READ, ORGANISATIONS),
        path=shapes.RESOURCE_PATH,
        answers={200: shapes.RESOURCE},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        return Answer(200, _shown(call.path["kind"], call.path["resource_id"]))

    @operation(
        summary="End a hosted resource",
        description="From `since` on (default: now) it is not there, whatever was reported for later.",
        scopes=(ORGANISATIONS,),
        path=shapes.RESOURCE_PATH,
        query=shapes.SINCE,
        answers={204: None},
        problems=(NotFound,),
    )
    def delete(self, call: Call) -> Answer:
        end_resource(
            kind=call.path["kind"],
            key=call.path["resource_id"],
            since=call.query["since"],
            actor=call.caller.actor,
            at=call.at,
        )
        return Answer(204)


def _reported(body: Mapping[str, Any]) -> Reported:
    return Reported(
        owner=(body["owner"]["type"], body["owner"]["id"]),
        members=body["members"],
        stored_bytes=body["storage_bytes"],
        name=body.get("name"),
        shares=[
            ((share["owner"]["type"], share["owner"]["id"]), share["weight"])
            for share in body.get("shares", [])
        ],
        since=body.get("since"),
    )


def _shown(kind: str, key: str) -> dict[str, Any]:
    resource = find_resource(kind, key)
    return shapes.show_resource(resource, latest_shares(resource))


class BillsEndpoint(Endpoint):
    """`bills`"""

    @operation(
        summary="List a payer's bills",
        description="Newest first; one per resource, payer and month.",
        scopes=(READ, ORGANISATIONS, USERS),
        query=shapes.BILLS_QUERY,
        reads=organisation_as_owner,
        answers={200: page_schema(shapes.BILL)},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        query = call.query
        rows = list_bills(
            query["owner_type"],
            query["owner_id"],
            month=query["period"],
            before=query["cursor"][0] if "cursor" in query else None,
            count=query["limit"] + 1,
        )
        shown = page(
            rows,
            query["limit"],
            show=lambda bill: shapes.show_bill(bill, call.at),
            place=lambda bill: (bill.pk,),
        )
        return Answer(200, shown)


class EntitlementsEndpoint(Endpoint):
    """`entitlements`"""

    @operation(
        summary="What an owner may do now",
        description="Name a user or an organisation. Nothing is ever deleted for lack of tokens.",
        scopes=(READ, CHARGES, ORGANISATIONS, USERS),
        query=shapes.ENTITLEMENTS_QUERY,
        reads=organisation_in_query,
        answers={200: shapes.ENTITLEMENTS},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        user = call.query["user"]
        owner = ("user", user) if user is not None else ("organisation", call.query["organisation"])
        return Answer(200, shapes.show_entitlements(entitlements_of(*owner, at=call.at)))
