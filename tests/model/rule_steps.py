"""Steps of a history that set people and rules up and move tokens between them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.model.comparing import Comparison
from tests.model.reference.rules import ROLES
from tests.model.reference.state import OwnerKey
from tests.model.reference.wallets import GRANTS

MICRO = 10**6
USERS = ("ada", "bob", "cem")
ORGANISATIONS = ("red", "blue")
CENTRES = ("campus", "course")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Australia/Lord_Howe",
)
PERCENTS = (0, 50 * MICRO, 33_333_333, 100 * MICRO, 12_500_000, 1)


class RuleSteps(Comparison):
    """What administrators do, chosen by `pick`."""

    def amount(self) -> int:
        """Micro-tokens, often whole tokens, sometimes not."""
        most = self.pick.choice((5, 60, 300, 1200)) * MICRO
        amount = self.pick.randint(1, most)
        return amount if self.pick.random() < 0.3 else max(amount // MICRO, 1) * MICRO

    def quantities(self, tokens: int) -> dict[str, int]:
        """Quantities that cost so much."""
        if tokens % 2 == 0 and self.pick.random() < 0.3:
            return {"pair": tokens // 2}
        if self.pick.random() < 0.2 and tokens > 3 * MICRO:
            return {"token": tokens - 2 * MICRO, "pair": MICRO}
        return {"token": tokens}

    def user(self) -> str:
        return "nobody" if self.pick.random() < 0.02 else self.pick.choice(USERS)

    def member(self, organisation: str) -> str:
        """Mostly somebody who is one."""
        members = sorted(self.world.organisations[organisation].roles)
        return self.pick.choice(members) if self.pick.random() < 0.9 else self.user()

    def organisation(self) -> str:
        return self.pick.choice(("red", "red", "blue"))

    def anybody(self) -> OwnerKey:
        if self.pick.random() < 0.5:
            return "user", self.user()
        return "organisation", self.organisation()

    def _known(self) -> OwnerKey:
        kind = self.pick.choice(("user", "organisation"))
        return kind, self.pick.choice(USERS if kind == "user" else ORGANISATIONS)

    def do_sync(self) -> None:
        key = kind, _ = self._known()
        fields: dict[str, Any] = {}
        settled = self.world.owners[key].days.zones[-1][0] + timedelta(days=2)
        if self.pick.random() < 0.7 and self.world.now > settled:
            fields["time_zone"] = self.pick.choice(ZONES)
        if self.pick.random() < 0.35:
            fields["price_book"] = self.pick.choice(("alpha", "beta"))
        if kind == "user" and self.pick.random() < 0.4:
            fields["account_type"] = self.pick.choice(sorted(GRANTS))
        if kind == "organisation" and self.pick.random() < 0.4:
            fields["unlimited"] = self.pick.random() < 0.3
        self.both("sync", key, fields)

    def do_member(self) -> None:
        organisation, user = self.organisation(), self.user()
        if self.pick.random() < 0.3:
            self.both("remove_member", organisation, user)
        else:
            self.both("set_member", organisation, user, self.pick.choice(ROLES))

    def do_credit(self) -> None:
        self.both("credit", self.anybody(), self.amount(), self.pick.choice(("promotion", "migration")))

    def _items(self) -> list[tuple[str, int]]:
        users = self.pick.sample(USERS, self.pick.choice((1, 1, 1, 2, 3)))
        return [(user, self.amount()) for user in users]

    def do_allocate(self) -> None:
        organisation = self.organisation()
        items = self._items()
        if self.pick.random() < 0.7:
            members = sorted(self.world.organisations[organisation].roles)
            items = [(self.pick.choice(members), self.amount() // 4 + 1)]
        self.both("allocate", organisation, items)

    def do_reclaim(self) -> None:
        organisation, items = self.organisation(), self._items()
        filled = [
            (bucket[1], owner.key[1], self.world.available(owner, bucket))
            for owner in self.world.owners.values()
            for bucket in owner.buckets
            if bucket[0] == "allocated"
        ]
        if filled and self.pick.random() < 0.8:
            organisation, user, left = self.pick.choice(filled)
            share = self.pick.choice((left, left + 1, left // 2, left // 3))
            items = [(user, max(share, 1))]
        self.both("reclaim", organisation, items)

    def _subject(self, kinds: tuple[str, ...]) -> tuple[str, str]:
        kind = self.pick.choice(kinds)
        keys = {"role": ROLES, "member": USERS, "cost_centre": (*CENTRES, *CENTRES, *CENTRES, "nowhere")}
        return kind, self.pick.choice(keys.get(kind, ("",)))

    def do_funding(self) -> None:
        subject = self._subject(("organisation", "role", "member"))
        if self.pick.random() < 0.2:
            self.both("remove_funding", self.organisation(), subject)
            return
        mode = self.pick.choice(("member_wallets", "member_wallets", "shared_pool"))
        self.both("set_funding", self.organisation(), subject, mode, self.pick.choice(PERCENTS))

    def do_limits(self) -> None:
        if self.pick.random() < 0.1:
            parent = self.pick.choice((None, "campus", "course", "lab", "nowhere"))
            self.both("set_centre", self.organisation(), self.pick.choice((*CENTRES, "lab")), parent)
            return
        changes: dict[tuple[str, str, str], int | str | None] = {}
        for _ in range(self.pick.choice((1, 1, 2))):
            subject = self._subject(("organisation", "members", "role", "member", "cost_centre"))
            period = self.pick.choice(("day", "week", "month", "total"))
            tokens = self.pick.choice((self.amount() // 4, self.amount() // 4, None, "remove", 0))
            changes[*subject, period] = tokens
        self.both("set_limits", self.organisation(), changes)

    def do_budget(self) -> None:
        tokens = None if self.pick.random() < 0.3 else self.amount()
        self.both("set_budget", self.user(), tokens, self.pick.random() < 0.7)

    def do_freeze(self) -> None:
        self.both("freeze", self._known(), self.pick.random() < 0.35)
