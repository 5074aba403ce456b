"""Who pays a charge, and what returns to whom when it costs less. Pure; micro-tokens throughout.

Rules: charging.md, "Who pays" and "Returning tokens".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from apps.allocations.earmarks import reserved
from apps.allocations.limits import NO_LIMIT, Limit, Tally, Total, room, tightest
from apps.core.units import share_floor
from apps.plans.quota import GENERATION
from apps.wallets.state import ALLOCATED, BURN_ORDER, EARNED, FREE, PURCHASED, Bucket, WalletState


@dataclass(frozen=True, slots=True)
class Draw:
    """So much from one bucket; `cycle_month` says which grant free tokens came from."""

    account_id: int
    wallet_id: int
    bucket: str
    source_id: int
    amount: int
    cycle_month: date | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """What spending on behalf of one scope must respect and is counted for, on one local day."""

    limits: tuple[Limit, ...] = ()
    totals: tuple[Total, ...] = ()
    day: date = date.min
    wallet_totals: tuple[Total, ...] = ()
    """Counted too where the organisation's own wallet pays."""


@dataclass(slots=True)
class Payers:
    """Everybody who may pay for one person's charge, and under which caps.

    `organisation` is None outside one; `quota` is its plan's name with what the plan covers. `caps` has,
    by wallet, the caps of the organisation and of every other one whose allocated tokens the person has;
    `personal` the person's own; `earmarks` reserve tokens of the organisation for others. `same_book` tells
    whether person and organisation are in one price book.
    """

    user: WalletState | None
    organisation: WalletState | None
    shared_pool: bool
    micro_percent: int
    caps: Mapping[int, Cap]
    personal: Cap
    same_book: bool = True
    quota: tuple[str, Limit] | None = None
    earmarks: tuple[Limit, ...] = ()

    @property
    def organisation_pays_all(self) -> bool:
        """Whether, but for its balance, its limits and a freeze, the organisation would pay everything."""
        return self.shared_pool or self.micro_percent == 100_000_000


@dataclass(slots=True)
class Plan:
    """What would be drawn for an amount: what is `short`, and the limits that cut something off.

    `covered_by` names the plan where that pays: by one generation, and nothing is drawn.
    """

    amount: int
    draws: list[Draw] = field(default_factory=list)
    cutting: list[Limit] = field(default_factory=list)
    covered_by: str = ""

    @property
    def drawn(self) -> int:
        return sum(draw.amount for draw in self.draws)

    @property
    def short(self) -> int:
        return self.amount - self.drawn


class _Drawing:
    """One walk through the sources in their order; nothing but the plan changes."""

    def __init__(self, payers: Payers, amount: int, tally: Tally, limited: bool) -> None:
        self.payers, self.tally, self.limited = payers, tally, limited
        self.plan = Plan(amount)
        self.left = amount
        self.room_used: dict[int, int] = {}

    def allowed(self, wanted: int, scope: int, cap: Cap) -> int:
        """As much of what is wanted as the cap's limits leave; remembers which limits cut it."""
        if not self.limited or not cap.limits:
            return wanted
        used = self.room_used.get(scope, 0)
        least = NO_LIMIT
        for limit in cap.limits:
            left = max(room(limit, self.tally) - used, 0)
            if left < wanted:
                self.plan.cutting.append(limit)
            least = min(least, left)
        return min(wanted, least)

    def take(self, wallet: WalletState, bucket: Bucket, wanted: int, *, below_zero: bool = False) -> int:
        amount = wanted if below_zero else min(wanted, max(bucket.available, 0))
        if amount > 0:
            cycle = wallet.cycle_month if bucket.kind == FREE else None
            self.plan.draws.append(
                Draw(bucket.account_id, wallet.id, bucket.kind, bucket.source_id, amount, cycle)
            )
            self.left -= amount
        return max(amount, 0)

    def from_organisation(self, wanted: int) -> None:
        """Free, earned, purchased of the organisation, within its limits."""
        wallet = self.payers.organisation
        if wallet is None or wanted <= 0:
            return
        wanted = self.allowed(wanted, wallet.id, self.payers.caps[wallet.id])
        if self.payers.earmarks and not wallet.unlimited:
            free = wallet.available - reserved(self.payers.earmarks, self.tally)
            wanted = min(wanted, max(free, 0))
        taken = self._own_tokens(wallet, wanted)
        self.room_used[wallet.id] = self.room_used.get(wallet.id, 0) + taken

    def _own_tokens(self, wallet: WalletState, wanted: int) -> int:
        taken = 0
        for kind in BURN_ORDER:
            last = kind == PURCHASED and wallet.unlimited
            taken += self.take(wallet, wallet.bucket(kind), wanted - taken, below_zero=last)
        return taken

    def from_free(self) -> None:
        wallet = self.payers.user
        if wallet is not None:
            self._personal(wallet, (FREE,))

    def from_allocated(self) -> None:
        """Allocated tokens, each under the limits of the organisation that gave them.

        A bucket that was first filled after the rules were read has no cap here and is left alone:
        the charge counts as made before it.
        """
        wallet, organisation = self.payers.user, self.payers.organisation
        if wallet is None or self.left <= 0:
            return
        for bucket in wallet.allocated(organisation.id if organisation else 0):
            wanted, source = min(self.left, max(bucket.available, 0)), bucket.source_id
            if wanted > 0 and source in self.payers.caps:
                wanted = self.allowed(wanted, source, self.payers.caps[source])
                taken = self.take(wallet, bucket, wanted)
                self.room_used[source] = self.room_used.get(source, 0) + taken

    def from_lasting(self) -> None:
        wallet = self.payers.user
        if wallet is not None:
            self._personal(wallet, (EARNED, PURCHASED))

    def _personal(self, wallet: WalletState, kinds: Iterable[str]) -> None:
        """The person's own tokens, within the personal budget."""
        for kind in kinds:
            bucket = wallet.bucket(kind)
            below_zero = kind == PURCHASED and wallet.unlimited
            wanted = self.left if below_zero else min(self.left, max(bucket.available, 0))
            if wanted > 0:
                wanted = self.allowed(wanted, -wallet.id, self.payers.personal)
                taken = self.take(wallet, bucket, wanted, below_zero=below_zero)
                self.room_used[-wallet.id] = self.room_used.get(-wallet.id, 0) + taken


def covering_plan(payers: Payers, tally: Tally) -> str:
    """The name of the plan that has a generation left for the charge, or nothing. A frozen organisation's
    plan covers nothing."""
    if payers.quota is None or payers.organisation is None:
        return ""
    name, quota = payers.quota
    return name if room(quota, tally) >= GENERATION else ""


def draw(payers: Payers, amount: int, tally: Tally, *, limited: bool = True) -> Plan:
    """Draw the amount from the sources in their order, as far as they and the limits go.

    The organisation's part is rounded down to a whole micro-token; without `limited` no limit counts.
    """
    walk = _Drawing(payers, amount, tally, limited)
    if payers.shared_pool:
        walk.from_organisation(amount)
        return walk.plan
    if not payers.same_book:
        walk.from_organisation(share_floor(amount, payers.micro_percent))
        return walk.plan
    walk.from_free()
    walk.from_organisation(share_floor(walk.left, payers.micro_percent))
    walk.from_allocated()
    walk.from_lasting()
    return walk.plan


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a charge is denied: the code, for a reached limit which one, and whose wallet lacks tokens."""

    code: str
    limit: Limit | None = None
    short: int = 0
    organisation_pays: bool = False


def refusal(payers: Payers, plan: Plan, tally: Tally) -> Refusal | None:
    """None if the plan pays in full, else why not: a limit if without limits it would have been paid."""
    if plan.short <= 0:
        return None
    if not payers.same_book and not payers.organisation_pays_all:
        return Refusal("price_book_mismatch", short=plan.short)
    if draw(payers, plan.amount, tally, limited=False).short <= 0:
        return Refusal("limit_reached", tightest(plan.cutting, tally), plan.short)
    alone = payers.shared_pool or not payers.same_book
    return Refusal("insufficient_tokens", short=plan.short, organisation_pays=alone)


def capacity(payers: Payers, tally: Tally) -> int:
    """The largest charge that would not be denied at this moment (`minimum_balance` compares with it).

    What a charge lacks never falls when the charge grows, so halving finds it.
    """
    low, high = 0, 2**62
    while low < high:
        middle = (low + high + 1) // 2
        if draw(payers, middle, tally).short <= 0:
            low = middle
        else:
            high = middle - 1
    return low


def count(
    draws: Iterable[tuple[Draw, int]], tally: Tally, *, caps: Mapping[int, Cap], personal: Cap, user_id: int
) -> None:
    """Count signed micro-tokens of the draws for the totals they belong to."""
    for drawn, amount in draws:
        if drawn.bucket == ALLOCATED:
            cap = caps.get(drawn.source_id)
        elif drawn.wallet_id == user_id:
            cap = personal
        else:
            cap = caps.get(drawn.wallet_id)
        if cap is None:
            continue
        paid_itself = drawn.bucket != ALLOCATED and drawn.wallet_id != user_id
        for total in (*cap.totals, *(cap.wallet_totals if paid_itself else ())):
            tally.add(total, cap.day, amount)


def count_plan(plan: Plan, tally: Tally, payers: Payers, user_id: int) -> None:
    """Count a plan's draws as if they had been made."""
    drawn = [(each, each.amount) for each in plan.draws]
    count(drawn, tally, caps=payers.caps, personal=payers.personal, user_id=user_id)


def keep(
    total: int, draws: Sequence[Draw], *, organisation_id: int | None, micro_percent: int, shared_pool: bool
) -> list[int]:
    """How much of each draw stays spent when the charge costs only `total` of what was drawn.

    The person's free tokens stay first (the older cycle before the younger), then the organisation's
    share of the rest, then allocated, earned and purchased in the order drawn; what those cannot give
    stays with the organisation. Fails never: `total` is at most what was drawn.
    """
    free = [i for i, d in enumerate(draws) if d.bucket == FREE and d.wallet_id != organisation_id]
    organisation = [i for i, d in enumerate(draws) if d.wallet_id == organisation_id]
    others = [i for i in range(len(draws)) if i not in {*free, *organisation}]
    kept = [0] * len(draws)
    free_kept = _fill(kept, draws, sorted(free, key=lambda i: (draws[i].cycle_month or date.min, i)), total)
    rest = total - free_kept
    gave = sum(draws[i].amount for i in organisation)
    lasting = sum(draws[i].amount for i in others)
    share = min(gave, rest if shared_pool else share_floor(rest, micro_percent))
    share = max(share, rest - lasting)
    _fill(kept, draws, sorted(organisation, key=lambda i: _burn_key(draws[i], i)), share)
    _fill(kept, draws, sorted(others, key=lambda i: (_OTHERS.index(draws[i].bucket), i)), rest - share)
    return kept


_OTHERS = (ALLOCATED, EARNED, PURCHASED)


def _burn_key(drawn: Draw, place: int) -> tuple[int, date, int]:
    return BURN_ORDER.index(drawn.bucket), drawn.cycle_month or date.min, place


def _fill(kept: list[int], draws: Sequence[Draw], order: Sequence[int], amount: int) -> int:
    """Keep up to the amount of the draws in this order; answers how much is kept."""
    left = amount
    for index in order:
        kept[index] = min(draws[index].amount, left)
        left -= kept[index]
    return amount - left


def merge(draws: Iterable[Draw]) -> list[Draw]:
    """Draws on the same bucket and cycle as one, in the order in which each first came."""
    found: dict[tuple[int, date | None], Draw] = {}
    for drawn in draws:
        key = (drawn.account_id, drawn.cycle_month)
        before = found[key].amount if key in found else 0
        found[key] = Draw(
            drawn.account_id,
            drawn.wallet_id,
            drawn.bucket,
            drawn.source_id,
            before + drawn.amount,
            drawn.cycle_month,
        )
    return list(found.values())
