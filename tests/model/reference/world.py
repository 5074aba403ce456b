"""Charges from hold to refund, on everything the other modules know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from tests.model.reference.days import PERIODS, same_period
from tests.model.reference.paying import Till, keeps, largest, merged, refusal, resized, returning
from tests.model.reference.rules import Rules
from tests.model.reference.state import OWN, BucketKey, Charge, Limit, Owner, OwnerKey, Part, Refused

MICRO = 10**6
UNITS = {"token": 1, "pair": 2}
MINIMUM = 50 * MICRO
"""What the operation `start` needs to be there."""


def price(quantities: Mapping[str, int]) -> int:
    """Each unit costs whole tokens."""
    return sum(UNITS[unit] * amount for unit, amount in quantities.items())


class World(Rules):
    """The whole of Scrip's money."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.budgets = {}
        self.events: dict[str, tuple[object, Charge]] = {}

    def spent(self, scope: OwnerKey, subject: tuple[str, str], period: str, day: date) -> int:
        """What counts for a subject's limit: every charge of the period's days, with what it costs now."""
        return sum(
            amount
            for (owner, kind, key, own_day), amount in self.totals().items()
            if (owner, kind, key) == (scope, *subject) and same_period(period, own_day, day)
        )

    def totals(self) -> dict[tuple[OwnerKey, str, str, date], int]:
        """What counts on each day: by owner whose limits ask, and by subject."""
        found: dict[tuple[OwnerKey, str, str, date], int] = {}
        for charge in self.charges:
            for part, kept in zip(charge.parts, self.kept(charge), strict=True):
                for place in self._places(charge, part):
                    found[place] = found.get(place, 0) + kept
        return {place: amount for place, amount in found.items() if amount}

    def _places(self, charge: Charge, part: Part) -> list[tuple[OwnerKey, str, str, date]]:
        if part.owner[0] == "user" and part.bucket in OWN:
            return [(part.owner, "personal", "", charge.days[part.owner])]
        source = ("organisation", part.bucket[1]) if part.bucket[1] else part.owner
        path = charge.path if charge.payer_keys[1] == source else ()
        subjects = [("organisation", ""), ("member", charge.user), *(("cost_centre", c) for c in path)]
        if part.owner[0] == "organisation":  # its wallet itself pays: that uses up what is earmarked
            subjects += [("centre_paid", c) for c in path]
        return [(source, kind, key, charge.days[source]) for kind, key in subjects]

    def funding(self, charge: Charge) -> list[tuple[OwnerKey, BucketKey, int]]:
        """Who pays what of it now, free tokens of two months together."""
        found: dict[tuple[OwnerKey, BucketKey], int] = {}
        for part, kept in zip(charge.parts, self.kept(charge), strict=True):
            if kept:
                found[part.owner, part.bucket] = found.get((part.owner, part.bucket), 0) + kept
        return sorted((owner, bucket, amount) for (owner, bucket), amount in found.items())

    def rule_for(self, organisation: str, user: str) -> tuple[str, int]:
        """Mode and percent: the member's own, else the role's, else the organisation's."""
        known = self.organisations[organisation]
        for subject in (("member", user), ("role", known.roles.get(user, "-")), ("organisation", "")):
            if subject in known.funding:
                return known.funding[subject]
        return "member_wallets", 0

    def limits_on(self, organisation: str, user: str, path: Sequence[str]) -> dict[Limit, int]:
        """The limits that hold for a person's spending of the organisation's tokens."""
        known = self.organisations[organisation]
        held: dict[Limit, int | None] = {}
        for period in PERIODS:
            personal = [("member", user), ("role", known.roles.get(user, "-")), ("members", "")]
            own = [(kind, key, period) for kind, key in personal if (kind, key, period) in known.limits]
            shared = [("organisation", "", period), *(("cost_centre", key, period) for key in path)]
            for limit in [*own[:1], *(each for each in shared if each in known.limits)]:
                held[limit] = known.limits[limit]
        return {limit: tokens for limit, tokens in held.items() if tokens is not None}

    def rooms(self, charge: Charge) -> dict[OwnerKey, dict[Limit, int]]:
        """What every limit that holds for the charge still allows, on the day it was created."""
        found: dict[OwnerKey, dict[Limit, int]] = {}
        for organisation in self.organisations:
            scope = ("organisation", organisation)
            day = charge.days.get(scope) or self.owners[scope].days.day_of(charge.created)
            path = charge.path if charge.organisation == organisation else ()
            found[scope] = {}
            for limit, tokens in self.limits_on(organisation, charge.user, path).items():
                kind = limit[0] if limit[0] in ("organisation", "cost_centre") else "member"
                key = charge.user if kind == "member" else limit[1]
                left = tokens - self.spent(scope, (kind, key), limit[2], day)
                found[scope][limit] = max(left, 0)
        tokens, blocks = self.budgets.get(charge.user, (0, False))
        if blocks:
            scope = ("user", charge.user)
            left = tokens - self.spent(scope, ("personal", ""), "month", charge.days[scope])
            found[scope] = {("personal", "", "month"): max(left, 0)}
        return found

    def till(self, charge: Charge) -> Till:
        """Everything that may pay for the charge now: an organisation pays for its members."""
        user = self.owners["user", charge.user]
        key = charge.payer_keys[1]
        belongs = charge.organisation and charge.user in self.organisations[charge.organisation].roles
        organisation = self.owners[key] if key and belongs else None
        same = organisation is None or organisation.book == user.book
        payer = None if charge.shared else user
        rooms = self.rooms(charge)
        return Till(payer, organisation, charge.shared, charge.percent, self.available, rooms, same)

    def begin(
        self,
        user: str,
        operation: str,
        quantities: dict[str, int],
        *,
        organisation: str | None = None,
        centre: str | None = None,
        activity: str | None = None,
        seconds: int = 900,
    ) -> Charge:
        """A charge before anything is drawn: names, membership, then what the operation asks."""
        self.owner(("user", user))
        if organisation is not None:
            self.organisation(organisation)
        path = self._path(organisation, centre)
        mode, percent = "member_wallets", 0
        if organisation is not None:
            if user not in self.organisations[organisation].roles:
                raise Refused("not_a_member")
            mode, percent = self.rule_for(organisation, user)
        days = {key: owner.days.day_of(self.now) for key, owner in self.owners.items()}
        shared = mode == "shared_pool"
        return Charge(
            user,
            organisation,
            path,
            operation,
            quantities,
            "held",
            self.now,
            seconds,
            self.now + timedelta(seconds=seconds),
            shared,
            percent,
            days,
            price(quantities),
            activity,
        )

    def _path(self, organisation: str | None, centre: str | None) -> tuple[str, ...]:
        if centre is None or organisation is None:
            return ()
        if centre not in self.organisations[organisation].parents:
            raise Refused("not_found")
        above = self.organisations[organisation].parents[centre]
        return (centre, *self._path(organisation, above))

    def check_frozen(self, charge: Charge) -> None:
        asked: list[Owner] = [] if charge.shared else [self.owners["user", charge.user]]
        if charge.organisation and (charge.shared or charge.percent):
            asked.append(self.owners["organisation", charge.organisation])
        if any(owner.frozen for owner in asked):
            raise Refused("wallet_frozen")

    def check_once(self, charge: Charge) -> None:
        if charge.operation != "recap":
            return
        key = (charge.organisation, charge.activity)
        for other in self.charges:
            same = other.operation == "recap" and (other.organisation, other.activity) == key
            if same and other.status in ("held", "captured"):
                raise Refused("duplicate_activity")

    def create(self, charge: Charge, *, capture: bool) -> Charge:
        """Hold or spend what it costs, or refuse."""
        self.check_frozen(charge)
        self.check_once(charge)
        till = self.till(charge)
        if charge.operation == "start" and largest(till) < MINIMUM:
            raise Refused("minimum_balance")
        denied = refusal(till, charge.price)
        if denied:
            raise Refused(*denied)
        charge.parts = merged(till.parts)
        self.charges.append(charge)
        if capture:
            self._spend(charge, [part.amount for part in charge.parts])
            charge.status, charge.deadline, charge.captured = "captured", None, self.now
        return charge

    def event(self, name: str, meaning: object, charge: Charge) -> tuple[str, int, int]:
        """Work that has happened: charged as far as anybody can pay. Answers status, price, uncollected."""
        self.check_once(charge)
        till = self.till(charge)
        charge.uncollected = till.pay(charge.price)
        charge.parts = merged(till.parts)
        self.charges.append(charge)
        self._spend(charge, [part.amount for part in charge.parts])
        charge.status, charge.deadline, charge.captured = "captured", None, self.now
        self.events[name] = (meaning, charge)
        return "partial" if charge.uncollected else "charged", charge.price, charge.uncollected

    def again(self, name: str, meaning: object) -> tuple[str, int, int] | None:
        """The answer to an event that was charged before."""
        if name not in self.events:
            return None
        before, charge = self.events[name]
        if before != meaning:
            raise Refused("idempotency_conflict")
        return "duplicate", charge.price, charge.uncollected

    def _spend(self, charge: Charge, kept: list[int]) -> None:
        parts = zip(charge.parts, kept, strict=True)
        self.post("charge", self.now, [(part.owner, part.bucket, -amount) for part, amount in parts])

    def require_held(self, charge: Charge) -> None:
        if charge.status != "held":
            raise Refused("invalid_state")

    def capture(self, charge: Charge, quantities: dict[str, int] | None) -> None:
        """Spend what it took; more than held is drawn like a new charge, as far as that goes."""
        self.require_held(charge)
        actual = quantities if quantities is not None else charge.used or charge.quantities
        extra = price(actual) - charge.cost()
        if extra > 0:
            till = self.till(charge)
            charge.uncollected = till.pay(extra)
            charge.parts = merged([*charge.parts, *till.parts])
        charge.quantities, charge.price = dict(actual), price(actual)
        charge.status, charge.captured = "captured", self.now
        kept = self.kept(charge)
        self._spend(charge, kept)
        self.give_back(charge, returning(charge.parts, kept))

    def release(self, charge: Charge, status: str = "released") -> None:
        self.require_held(charge)
        charge.status, charge.price = status, 0
        self.give_back(charge, returning(charge.parts, [0] * len(charge.parts)))

    def expire(self, charge: Charge) -> None:
        if charge.used is None:
            self.release(charge, "expired")
        else:
            self.capture(charge, dict(charge.used))

    def extend(
        self,
        charge: Charge,
        used: dict[str, int] | None,
        reserve: dict[str, int] | None,
        seconds: int | None,
    ) -> None:
        """Report use, hold another reserve, move the deadline."""
        reported = used if used is not None else charge.used or {}
        reserved = reserve if reserve is not None else charge.quantities
        fallen = any(reported.get(unit, 0) < amount for unit, amount in (charge.used or {}).items())
        beyond = any(amount > reserved.get(unit, 0) for unit, amount in reported.items())
        if charge.status == "held" and (fallen or beyond):
            raise Refused("validation_error")
        self.require_held(charge)
        extra = price(reserved) - charge.cost()
        if extra > 0:
            till = self.till(charge)
            denied = refusal(till, extra)
            if denied:
                if used is not None:
                    charge.used = {unit: min(n, charge.quantities.get(unit, 0)) for unit, n in used.items()}
                raise Refused(*denied)
            charge.parts = merged([*charge.parts, *till.parts])
        else:
            kept = keeps(charge, price(reserved))
            parts, charge.parts = charge.parts, resized(charge.parts, kept)
            self.give_back(charge, returning(parts, kept))
        charge.used = dict(used) if used is not None else charge.used
        charge.quantities, charge.price = dict(reserved), price(reserved)
        charge.deadline = self.now + timedelta(seconds=seconds or charge.seconds)

    def refund(self, charge: Charge, tokens: int | None) -> None:
        """Give back, by default all that is left."""
        if charge.status != "captured" or charge.cost() == 0:
            raise Refused("invalid_state")
        amount = charge.cost() if tokens is None else tokens
        if amount > charge.cost():
            raise Refused("validation_error")
        before = self.kept(charge)
        charge.refunded += amount
        after = self.kept(charge)
        returned = [(p, was - now) for p, was, now in zip(charge.parts, before, after, strict=True)]
        self.post("refund", self.now, [(part.owner, part.bucket, back) for part, back in returned])
        self.give_back(charge, returned)
