"""Users: made and changed by the platform, with what they may still spend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.allocations.rules import set_personal_budget
from apps.allocations.selectors import budget_of
from apps.api.calls import Answer, Call, operation
from apps.api.endpoint import Endpoint
from apps.api.owners import asked
from apps.api.owners.shown import BUDGET, PERSONAL_BUDGET, show_budget, show_instant, show_personal
from apps.api.schema import INSTANT, TEXT, component, record
from apps.api.shapes.objects import Fields, optional
from apps.api.shapes.texts import PlatformId
from apps.core.errors import InvalidState, NotAMember, NotFound
from apps.identity.scopes import READ, USERS
from apps.identity.selectors import find_user
from apps.plans.selectors import plan_usage
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet
from apps.wallets.services import sync_user

USER_PATH = {"user_id": PlatformId()}
USER = component(
    "User",
    record(
        id=TEXT,
        email=TEXT,
        name=TEXT,
        account_type=TEXT,
        time_zone=TEXT,
        price_book=TEXT,
        created_at=INSTANT,
    ),
)


def show_user(wallet: Wallet) -> dict[str, Any]:
    user = wallet.user
    if user is None:
        raise ValueError(f"{wallet} is not a user's.")
    return {
        "id": user.platform_id,
        "email": user.email,
        "name": user.name,
        "account_type": user.account_type_id,
        "time_zone": wallet.coming_time_zone or wallet.time_zone,
        "price_book": wallet.price_book_id,
        "created_at": show_instant(wallet.created_at),
    }


class UserEndpoint(Endpoint):
    """`users/{id}`"""

    @operation(
        summary="Make or change a user",
        description="Fields left out stay as they are. A new user gets a wallet with its first free grant.",
        scopes=(USERS,),
        path=USER_PATH,
        body=asked.USER,
        answers={200: USER, 201: USER},
        problems=(InvalidState,),
    )
    def put(self, call: Call) -> Answer:
        key = call.path["user_id"]
        synced = sync_user(key=key, fields=call.body, at=call.at, actor=call.caller.actor)
        return Answer(201 if synced.created else 200, show_user(synced.wallet))

    @operation(
        summary="Read a user",
        scopes=(READ, USERS),
        path=USER_PATH,
        answers={200: USER},
        problems=(NotFound,),
    )
    def get(self, call: Call) -> Answer:
        key = call.path["user_id"]
        return Answer(200, show_user(find_wallet("user", key)))


class BudgetEndpoint(Endpoint):
    """`users/{id}/budget`"""

    @operation(
        summary="Read a user's budget",
        description="The limits that hold for the person in the organisation, with what they have spent, and "
        "the personal budget, and how the organisation's plan stands. Without an organisation only the "
        "personal budget.",
        scopes=(READ, USERS),
        path=USER_PATH,
        query=Fields("BudgetQuery", {"organisation": optional(PlatformId(), None)}),
        answers={200: BUDGET},
        problems=(NotFound, NotAMember),
    )
    def get(self, call: Call) -> Answer:
        key, organisation = call.path["user_id"], call.query["organisation"]
        budget = budget_of(key, organisation=organisation, at=call.at)
        plan = None
        if organisation is not None:
            plan = plan_usage(find_wallet("organisation", organisation), at=call.at, member=key)
        return Answer(200, show_budget(budget, plan))

    @operation(
        summary="Set a user's personal budget",
        description="A cap per calendar month on what the person's own tokens pay; `null` takes it away.",
        scopes=(USERS,),
        path=USER_PATH,
        body=asked.BUDGET,
        answers={200: PERSONAL_BUDGET, 201: PERSONAL_BUDGET},
        problems=(NotFound,),
    )
    def put(self, call: Call) -> Answer:
        user = find_user(call.path["user_id"])
        _, created = set_personal_budget(
            user=user,
            tokens=call.body["tokens"],
            blocks=call.body["blocks"],
            actor=call.caller.actor,
            at=call.at,
        )
        budget = budget_of(user.platform_id, organisation=None, at=call.at).personal
        shown = show_personal(user.platform_id, replace(budget, blocks=call.body["blocks"]))
        return Answer(201 if created else 200, shown)
