"""Tokens given to many members at once, and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.allocations.selectors import GivenView, RunView, run_of
from apps.allocations.services import Item, Run, allocate, reclaim
from apps.api.calls import Answer, Call, operation
from apps.api.endpoint import Endpoint
from apps.api.owners import asked
from apps.api.owners.organisations import ORGANISATION_PATH
from apps.api.owners.shown import NUMBER, WALLET, show_instant, show_wallet
from apps.api.schema import INSTANT, TEXT, TOKENS, component, record
from apps.core.errors import InsufficientTokens, NotAMember, NotFound, PriceBookMismatch, WalletFrozen
from apps.core.units import format_tokens
from apps.identity.scopes import ORGANISATIONS
from apps.organisations.selectors import find_organisation
from apps.wallets.selectors import WalletView, view_wallet, wallet_on

RUN = component(
    "AllocationRun",
    record(
        number={"type": "string", "pattern": "^A-[0-9]+$"},
        organisation=TEXT,
        tokens=TOKENS | {"description": "in all"},
        items={"type": "array", "items": record(user=TEXT, tokens=TOKENS, transfer=NUMBER)},
        note=TEXT,
        at=INSTANT,
        wallet=WALLET,
    ),
)
_PROBLEMS = (NotFound, NotAMember, WalletFrozen, InsufficientTokens)


def rebuild_run(number: str, at: datetime) -> dict[str, Any]:
    """A run that was made, with the organisation's wallet as it is now."""
    run = run_of(int(number))
    return show_run(run, view_wallet("organisation", run.organisation, at=at))


def show_run(run: RunView, wallet: WalletView) -> dict[str, Any]:
    return {
        "number": f"A-{run.number}",
        "organisation": run.organisation,
        "tokens": format_tokens(sum(item.tokens for item in run.items)),
        "items": [
            {
                "user": item.user,
                "tokens": format_tokens(item.tokens),
                "transfer": f"T-{item.transfer}",
            }
            for item in run.items
        ],
        "note": run.note,
        "at": show_instant(run.at),
        "wallet": show_wallet(wallet),
    }


def _made(call: Call, run: Run) -> Answer:
    view = RunView(
        number=run.number,
        organisation=call.path["organisation_id"],
        note=call.body["note"],
        at=call.at,
        items=tuple(
            GivenView(item.user, item.tokens, transfer)
            for item, transfer in zip(run.items, run.transfers, strict=True)
        ),
    )
    shown = show_run(view, wallet_on(run.desk, run.organisation_wallet_id))
    return Answer(201, shown, made=("allocation", str(run.number)))


def _asked(call: Call) -> dict[str, Any]:
    return {
        "organisation": find_organisation(call.path["organisation_id"]),
        "items": [Item(item["user"], item["tokens"]) for item in call.body["items"]],
        "note": call.body["note"],
        "actor": call.caller.actor,
        "at": call.at,
    }


class AllocationsEndpoint(Endpoint):
    """`organisations/{id}/allocations`"""

    @operation(
        summary="Allocate tokens to members",
        description="All or nothing. Earned tokens go first, then purchased; free ones stay.",
        scopes=(ORGANISATIONS,),
        path=ORGANISATION_PATH,
        body=asked.ITEMS,
        answers={201: RUN},
        problems=(*_PROBLEMS, PriceBookMismatch),
        rebuild=rebuild_run,
    )
    def post(self, call: Call) -> Answer:
        return _made(call, allocate(**_asked(call)))


class ReclaimsEndpoint(Endpoint):
    """`organisations/{id}/reclaims`"""

    @operation(
        summary="Reclaim tokens from members",
        description="All or nothing. Only what is unspent and not held; it returns to the purchased tokens.",
        scopes=(ORGANISATIONS,),
        path=ORGANISATION_PATH,
        body=asked.ITEMS,
        answers={201: RUN},
        problems=_PROBLEMS,
        rebuild=rebuild_run,
    )
    def post(self, call: Call) -> Answer:
        return _made(call, reclaim(**_asked(call)))
