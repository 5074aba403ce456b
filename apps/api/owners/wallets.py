"""Wallets read and credited, and what moved in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from apps.api.calls import Answer, Call, operation, organisation_as_owner, organisation_in_path
from apps.api.endpoint import Endpoint
from apps.api.owners import asked
from apps.api.owners.shown import (
    NUMBER,
    OWNER,
    OWNER_TYPES,
    TRANSACTION,
    WALLET,
    show_instant,
    show_transaction,
    show_wallet,
)
from apps.api.pages import page, page_query, page_schema
from apps.api.schema import INSTANT, TEXT, TOKENS, component, record
from apps.api.shapes.base import Shape
from apps.api.shapes.objects import optional
from apps.api.shapes.texts import Choice, InstantInQuery, PlatformId
from apps.core.errors import NotFound
from apps.core.units import format_tokens
from apps.identity.scopes import CREDITS, ORGANISATIONS, READ, USERS
from apps.usage.transactions import TYPES, TransactionFilter, transactions_of
from apps.wallets.selectors import CreditView, WalletView, credit_of, view_wallet, wallet_on
from apps.wallets.services import CREDITS as KINDS
from apps.wallets.services import credit_wallet


class UserWalletEndpoint(Endpoint):
    """`users/{id}/wallet`"""

    @operation(
        summary="Read a user's wallet",
        scopes=(READ, USERS),
        path={"user_id": PlatformId()},
        answers={200: WALLET},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        return Answer(200, show_wallet(view_wallet("user", call.path["user_id"], at=call.at)))


class OrganisationWalletEndpoint(Endpoint):
    """`organisations/{id}/wallet`"""

    @operation(
        summary="Read an organisation's wallet",
        scopes=(READ, ORGANISATIONS),
        path={"organisation_id": PlatformId()},
        reads=organisation_in_path,
        answers={200: WALLET},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        return Answer(200, show_wallet(view_wallet("organisation", call.path["organisation_id"], at=call.at)))


class TransactionsEndpoint(Endpoint):
    """`wallets/{type}/{id}/transactions`"""

    path: ClassVar[Mapping[str, Shape]] = {"owner_type": Choice(OWNER_TYPES), "owner_id": PlatformId()}

    @operation(
        summary="List a wallet's transactions",
        description="Newest first. `from` is included, `to` is not.",
        scopes=(READ,),
        path=path,
        query=page_query(
            "TransactionsQuery",
            {
                "type": optional(Choice(TYPES), None),
                "from": optional(InstantInQuery(), None),
                "to": optional(InstantInQuery(), None),
            },
        ),
        reads=organisation_as_owner,
        answers={200: page_schema(TRANSACTION)},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        query = call.query
        rows = transactions_of(
            call.path["owner_type"],
            call.path["owner_id"],
            wanted=TransactionFilter(query["type"], query["from"], query["to"]),
            before=query["cursor"][0] if "cursor" in query else None,
            count=query["limit"] + 1,
        )
        return Answer(
            200, page(rows, query["limit"], show=show_transaction, place=lambda line: (line.place,))
        )


CREDIT = component(
    "Credit",
    record(
        number=NUMBER,
        owner=OWNER,
        tokens=TOKENS,
        kind={"type": "string", "enum": list(KINDS)},
        reason=TEXT,
        at=INSTANT,
        wallet=WALLET,
    ),
)


def rebuild_credit(number: str, at: datetime) -> dict[str, Any]:
    """A credit that was made, with the wallet as it is now."""
    credit = credit_of(int(number))
    return show_credit(credit, view_wallet(credit.owner_type, credit.owner_key, at=at))


def show_credit(credit: CreditView, wallet: WalletView) -> dict[str, Any]:
    return {
        "number": f"T-{credit.number}",
        "owner": {"type": credit.owner_type, "id": credit.owner_key},
        "tokens": format_tokens(credit.tokens),
        "kind": credit.kind,
        "reason": credit.reason,
        "at": show_instant(credit.at),
        "wallet": show_wallet(wallet),
    }


class CreditsEndpoint(Endpoint):
    """`credits`"""

    @operation(
        summary="Credit tokens",
        description="A promotion lands in the earned tokens, a migration in the purchased ones.",
        scopes=(CREDITS,),
        body=asked.CREDIT,
        answers={201: CREDIT},
        problems=(NotFound,),
        rebuild=rebuild_credit,
    )
    def post(self, call: Call) -> Answer:
        body, owner = call.body, call.body["owner"]
        desk, number = credit_wallet(
            owner_type=owner["type"],
            key=owner["id"],
            tokens=body["tokens"],
            kind=body["kind"],
            reason=body["reason"],
            actor=call.caller.actor,
            at=call.at,
        )
        credit = credit_of(number)
        shown = show_credit(credit, wallet_on(desk, credit.wallet_id))
        return Answer(201, shown, made=("credit", str(number)))
