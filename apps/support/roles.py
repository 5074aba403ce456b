"""What each role of staff sees, does, proposes and approves: one table, asked by every staff page.

A role is a Django group of its name; a superuser may do everything but approve what is their own.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum, StrEnum

from apps.identity.models import User


class Role(StrEnum):
    SUPPORT = "support"
    FINANCE = "finance"
    OPERATIONS = "operations"


class Action(StrEnum):
    """What staff do; each page asks for one of them."""

    READ = "read"
    """Users, organisations, wallets, ledger, charges, bills, and the trail of changes."""
    ANSWER = "answer"
    """Cases: take, answer, wait, solve."""
    NOTE = "note"
    REFUND = "refund"
    """A charge, up to the role's threshold."""
    RELEASE = "release"
    """A hold that its charge no longer needs."""
    ADJUST = "adjust"
    FREEZE = "freeze"
    REFUND_PURCHASE = "refund_purchase"
    VOID_BILL = "void_bill"
    PROMOTE = "promote"
    APPROVE = "approve"
    """What another person proposed."""
    PRICE = "price"
    """Price books, rates, plans, account types, earning rule sets."""
    RUN_JOBS = "run_jobs"
    API_CLIENTS = "api_clients"
    """API clients, their keys, webhooks."""
    UNLIMITED = "unlimited"
    STAFF = "staff"
    """Staff accounts and groups, thresholds."""


class Reach(IntEnum):
    """How far somebody may go with an action."""

    NOTHING = 0
    PROPOSE = 1
    """It waits until another person approves."""
    DO = 2


_PROPOSE_OR_DO = {Role.SUPPORT: Reach.PROPOSE, Role.FINANCE: Reach.DO}
_EVERYBODY = dict.fromkeys(Role, Reach.DO)
_OPERATIONS = {Role.OPERATIONS: Reach.DO}

TABLE: dict[Action, dict[Role, Reach]] = {
    Action.READ: _EVERYBODY,
    Action.ANSWER: _EVERYBODY,
    Action.NOTE: _EVERYBODY,
    Action.REFUND: _EVERYBODY,
    Action.RELEASE: _EVERYBODY,
    Action.ADJUST: _PROPOSE_OR_DO,
    Action.FREEZE: _PROPOSE_OR_DO,
    Action.REFUND_PURCHASE: _PROPOSE_OR_DO,
    Action.VOID_BILL: _PROPOSE_OR_DO,
    Action.PROMOTE: _PROPOSE_OR_DO,
    Action.APPROVE: {Role.FINANCE: Reach.DO},
    Action.PRICE: {Role.FINANCE: Reach.PROPOSE},
    Action.RUN_JOBS: _OPERATIONS,
    Action.API_CLIENTS: _OPERATIONS,
    Action.UNLIMITED: _OPERATIONS,
    Action.STAFF: {},
}
"""Who may go how far; who is missing may not at all. Superusers are not listed: they may do everything."""

SEEN_BY_OPERATIONS_ONLY = frozenset({"identity.apiclient", "identity.apikey"})
"""Tables that are not books: only who works with them reads them."""
SEEN_BY_NOBODY = frozenset({"identity.idempotencykey"})


def sees(role: Role, label: str) -> bool:
    """Whether the role reads a table of ours, named as ``app.model``."""
    if label in SEEN_BY_NOBODY:
        return False
    return label not in SEEN_BY_OPERATIONS_ONLY or role == Role.OPERATIONS


def reach_of(roles: Collection[str], action: Action, *, superuser: bool = False) -> Reach:
    """How far the roles together may go with the action."""
    if superuser:
        return Reach.DO
    row = TABLE[action]
    return max((row[role] for role in row if role in roles), default=Reach.NOTHING)


def roles_of(user: User) -> frozenset[str]:
    """The groups of a person."""
    return _standing(user)[0]


def permissions_of(user: User) -> frozenset[str]:
    """What the groups of a person allow, as ``app.code``."""
    return _standing(user)[1]


_KEPT = "_scrip_standing"
"""Set on the user, through whatever stands before it: a request's user is only read when it is asked for."""


def _standing(user: User) -> tuple[frozenset[str], frozenset[str]]:
    """Groups and what they allow, read together and once per request."""
    standing: tuple[frozenset[str], frozenset[str]] | None = getattr(user, _KEPT, None)
    if standing is None:
        rows = list(
            user.groups.values_list("name", "permissions__content_type__app_label", "permissions__codename")
        )
        allowed = frozenset(f"{app}.{code}" for _, app, code in rows if code)
        standing = frozenset(row[0] for row in rows), allowed
        setattr(user, _KEPT, standing)
    return standing


def reach(user: object, action: Action | str) -> Reach:
    """How far a person may go with an action: nothing for who is no staff; ValueError for an unknown one."""
    wanted = Action(action)
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        return Reach.NOTHING
    return reach_of(() if user.is_superuser else roles_of(user), wanted, superuser=user.is_superuser)


def may(user: object, action: Action | str) -> bool:
    """Whether a person may begin the action at all, be it that another one approves it then."""
    return reach(user, action) > Reach.NOTHING


def may_alone(user: object, action: Action | str) -> bool:
    """Whether a person may carry out the action without another one, as far as thresholds allow."""
    return reach(user, action) == Reach.DO
