"""One request, made ready to be decided: names found, membership checked, price worked out.

The checks come in the order the API promises: names, membership, then price.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.allocations.limits import Limit, Tally, is_near
from apps.core.errors import (
    DuplicateActivity,
    InsufficientTokens,
    LimitReached,
    MinimumBalance,
    NotFound,
    PriceBookMismatch,
    Problem,
    ValidationError,
    WalletFrozen,
)
from apps.core.units import LARGEST, format_tokens
from apps.pricing.rating import Line, Price, Rate
from apps.pricing.selectors import Catalogue
from apps.usage.funding import Payers, Plan, Refusal, capacity, count_plan, covering_plan, draw, refusal
from apps.usage.setting import ORGANISATION, USER, Centre, Owner, Party, Setting
from apps.usage.state import BY_PLAN, CAPTURED, HELD, ChargeRequest, ChargeState
from apps.wallets.state import Desk, WalletState


@dataclass(frozen=True, slots=True)
class Case:
    """A request with everything that does not depend on balances."""

    request: ChargeRequest
    user: Party
    organisation: Party | None
    centre: Centre | None
    rate: Rate
    options: dict[str, str]
    price: Price
    once_key: str | None

    @property
    def path(self) -> tuple[str, ...]:
        return self.centre.path if self.centre else ()


def owners_of(requests: Iterable[ChargeRequest]) -> set[Owner]:
    """Whose wallets the requests name."""
    found: set[Owner] = set()
    for request in requests:
        found.add((USER, request.user))
        if request.organisation is not None:
            found.add((ORGANISATION, request.organisation))
    return found


def make_case(
    setting: Setting,
    catalogue: Catalogue,
    request: ChargeRequest,
    at: datetime,
    *,
    before_first: bool = False,
    only_estimated: bool = False,
) -> Case:
    """Find the names and the price; the first problem in the API's order is raised.

    An estimate need not say which activity an operation charged once per activity is for.
    """
    user = setting.party(USER, request.user)
    organisation = setting.party(ORGANISATION, request.organisation) if request.organisation else None
    centre = _centre(setting, organisation, request)
    rate = _rate(catalogue, request, user, organisation, at, before_first)
    if organisation is not None:
        setting.role(organisation, user)
    if isinstance(rate, Problem):
        raise rate
    options, price = price_work(rate, request.quantities, request.options)
    once_key = None if only_estimated and request.activity is None else _once_key(rate, request)
    return Case(request, user, organisation, centre, rate, options, price, once_key)


def price_work(
    rate: Rate, quantities: Mapping[str, int], options: Mapping[str, Any]
) -> tuple[dict[str, str], Price]:
    """The options with their defaults and the price; ValidationError for more than any wallet can pay."""
    cleaned = rate.clean(quantities, options)
    price = rate.price(quantities, cleaned)
    if price.micro > LARGEST:
        raise ValidationError({"quantities": ["This would cost more than 1000000000000 tokens."]})
    return cleaned, price


def _centre(setting: Setting, organisation: Party | None, request: ChargeRequest) -> Centre | None:
    if request.cost_centre is None:
        return None
    if organisation is None:
        raise ValidationError({"cost_centre": ["A cost centre belongs to an organisation: name it too."]})
    return setting.centre(organisation, request.cost_centre)


def _rate(
    catalogue: Catalogue,
    request: ChargeRequest,
    user: Party,
    organisation: Party | None,
    at: datetime,
    before_first: bool,
) -> Rate | Problem:
    """The rate, or the problem with it, which comes after the question of membership."""
    try:
        return catalogue.find_rate(
            price_book=(organisation or user).price_book,
            operation=request.operation,
            model=request.model,
            at=at,
            allow_before_first=before_first,
        )
    except NotFound:
        raise
    except Problem as problem:
        return problem


def _once_key(rate: Rate, request: ChargeRequest) -> str | None:
    if not rate.once_per_activity:
        return None
    if request.activity is None:
        raise ValidationError({"activity": [f"{rate.operation} is charged once per activity: name it."]})
    parts = (request.organisation or "", rate.operation, request.activity.type, request.activity.id)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def begin(
    case: Case, setting: Setting, plan: Plan, *, number: int, client_id: int | None, at: datetime
) -> ChargeState:
    """The charge before anything is drawn for it; one that a plan covers costs no tokens."""
    request, organisation = case.request, case.organisation
    price = covered_price(plan.covered_by) if plan.covered_by else case.price
    rule = setting.funding_of(organisation, case.user) if organisation else None
    event = request.event_id is not None
    captured = request.capture or event
    scopes = {case.user.wallet_id} | ({organisation.wallet_id} if organisation else set())
    if not (rule and rule.shared_pool):
        scopes |= case.user.sources
    return ChargeState(
        id=number,
        client_id=client_id,
        event_id=request.event_id,
        event_digest=request.event_digest,
        status=CAPTURED if captured else HELD,
        wallet_id=case.user.wallet_id,
        organisation_wallet_id=organisation.wallet_id if organisation else None,
        cost_centre_id=case.centre.id if case.centre else None,
        cost_centre_path=case.path,
        operation=case.rate.operation,
        model=case.rate.model or "",
        category=case.rate.category,
        rate_version_id=case.rate.version_id,
        exchange_rate_id=case.rate.exchange_rate_id,
        quantities=dict(request.quantities),
        used=None,
        options=case.options,
        activity=request.activity,
        once_key=case.once_key,
        metadata=dict(request.metadata),
        estimated=price.micro,
        price=price.micro,
        uncollected=0,
        refunded=0,
        billing_source=BY_PLAN if plan.covered_by else "tokens",
        breakdown=price.lines,
        shared_pool=rule.shared_pool if rule else False,
        micro_percent=rule.micro_percent if rule else 0,
        draws=[],
        parties={
            scope: (setting.by_wallet[scope].owner_type, setting.by_wallet[scope].owner_key)
            for scope in sorted(scopes)
        },
        days={scope: setting.by_wallet[scope].calendar.day_of(at) for scope in sorted(scopes)},
        hold_seconds=0 if captured else request.hold_seconds,
        created_at=at,
        expires_at=None if captured else at + timedelta(seconds=request.hold_seconds),
        captured_at=at if captured else None,
        ended_at=at if captured else None,
        reason="",
        generations=1 if plan.covered_by else 0,
    )


def covered_price(plan: str) -> Price:
    """What a generation costs that the plan pays for: no tokens."""
    return Price(0, (Line(f"Covered by the plan {plan}", "1", "generation", "0", None, 0),))


def plan_case(case: Case, payers: Payers, tally: Tally) -> Plan:
    """What would be drawn for the case, as far as it goes; nothing where a plan covers it."""
    covered_by = covering_plan(payers, tally) if case.rate.counts_as_generation else ""
    if covered_by:
        return Plan(0, covered_by=covered_by)
    return draw(payers, case.price.micro, tally)


def denial(case: Case, payers: Payers, plan: Plan, tally: Tally) -> Problem | None:
    """Why the case may not be charged for, or None."""
    if plan.covered_by:
        return None
    minimum = case.rate.minimum_balance
    if minimum and (largest := capacity(payers, tally)) < minimum:
        return MinimumBalance(
            f"{case.rate.operation} needs {format_tokens(minimum)} tokens to start; "
            f"{format_tokens(largest)} can be spent now.",
            minimum=format_tokens(minimum),
        )
    found = refusal(payers, plan, tally)
    if found is None:
        return None
    organisation = case.organisation.owner_key if case.organisation else None
    return refusal_problem(found, case.user.owner_key, organisation, tally)


def refusal_problem(found: Refusal, user: str, organisation: str | None, tally: Tally) -> Problem:
    """The refusal as the caller is told: whose wallet or limit, how much, until when."""
    if found.code == "price_book_mismatch":
        return PriceBookMismatch(
            f"{user} and {organisation} are in different price books, "
            "and the organisation does not pay all of it."
        )
    if found.limit is not None:
        return limit_problem(found.limit, tally)
    pays = found.organisation_pays and organisation is not None
    owner_type, key = (ORGANISATION, organisation) if pays else (USER, user)
    return InsufficientTokens(
        f"{format_tokens(found.short)} tokens are missing in the wallet of {owner_type} {key}.",
        missing=format_tokens(found.short),
        wallet={"type": owner_type, "id": key},
    )


def limit_problem(limit: Limit, tally: Tally) -> LimitReached:
    """A reached limit in the API's shape: subject, period, tokens, spent, resets_at."""
    shape = limit_shape(limit, tally)
    until = f", until {shape['resets_at']}" if shape["resets_at"] else ""
    subject = shape["subject"]["type"].replace("_", " ")
    return LimitReached(
        f"The {subject} limit of {shape['tokens']} tokens per {shape['period']} stands at "
        f"{shape['spent']}{until}."
        if limit.rule.period != "total"
        else f"The {subject} limit of {shape['tokens']} tokens in total stands at {shape['spent']}.",
        limit=shape,
    )


def limit_shape(limit: Limit, tally: Tally) -> dict[str, Any]:
    """A limit as problems and estimates show it."""
    rule = limit.rule
    subject = {"type": rule.subject_type} | ({"id": rule.subject_key} if rule.subject_key else {})
    return {
        "subject": subject,
        "period": rule.period,
        "tokens": format_tokens(rule.tokens or 0),
        "spent": format_tokens(tally.spent(limit)),
        "resets_at": limit.resets_at.isoformat().replace("+00:00", "Z") if limit.resets_at else None,
    }


def check_frozen(case: Case, desk: Desk, setting: Setting) -> None:
    """WalletFrozen if a wallet that would pay is frozen."""
    rule = setting.funding_of(case.organisation, case.user) if case.organisation else None
    asked = [] if rule and rule.shared_pool else [case.user]
    if case.organisation is not None and rule and (rule.shared_pool or rule.micro_percent):
        asked.append(case.organisation)
    for party in asked:
        if desk.wallets[party.wallet_id].frozen:
            raise WalletFrozen(f"The wallet of {party.owner_key} is frozen. Ask the platform's support.")


def duplicate(request: ChargeRequest) -> DuplicateActivity:
    """The refusal of a second charge for an activity that is charged once."""
    activity = request.activity
    name = f"{activity.type} {activity.id}" if activity else "this activity"
    return DuplicateActivity(f"{request.operation} has been charged for {name} already.")


def level(case: Case, payers: Payers, plan: Plan, tally: Tally) -> str:
    """How things stand after the charge: ok, near_limit or few_tokens (a denied one is blocked)."""
    if plan.covered_by:
        return "ok"
    after = Tally(tally.loaded, {total: dict(days) for total, days in tally.added.items()})
    count_plan(plan, after, payers, case.user.wallet_id)
    asked = {drawn.source_id for drawn in plan.draws} | {
        case.organisation.wallet_id if case.organisation else 0
    }
    caps = [payers.personal, *(cap for scope, cap in payers.caps.items() if scope in asked)]
    if any(is_near(limit, after) for cap in caps for limit in cap.limits):
        return "near_limit"
    wallet = payers.organisation if payers.shared_pool else payers.user
    return "few_tokens" if wallet and _few(wallet, plan) else "ok"


def _few(wallet: WalletState, plan: Plan) -> bool:
    """Whether less than 20 % of what there was to spend this cycle would be left."""
    if wallet.unlimited:
        return False
    left = wallet.available - sum(drawn.amount for drawn in plan.draws if drawn.wallet_id == wallet.id)
    return left * 5 < wallet.cycle_basis
