"""Owners, members and the rules they set; tokens between organisations and members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.model.reference.state import EARNED, PURCHASED, Limit, Organisation, Owner, OwnerKey, Refused
from tests.model.reference.wallets import GRANTS, Wallets

ROLES = ("owner", "admin", "billing", "teacher", "member")


class Rules(Wallets):
    """What administrators do."""

    budgets: dict[str, tuple[int, bool]]

    def sync(self, key: OwnerKey, fields: Mapping[str, Any]) -> None:
        """Make or change a user or an organisation."""
        if key not in self.owners:
            self._make(key, fields)
            return
        owner = self.owners[key]
        another_book = fields.get("price_book", owner.book) != owner.book
        if another_book and (owner.moved or any(self.held(owner, bucket) for bucket in owner.buckets)):
            raise Refused("invalid_state")
        bounded = owner.unlimited and not fields.get("unlimited", True)
        if bounded and any(self.available(owner, bucket) < 0 for bucket in owner.buckets):
            raise Refused("invalid_state")
        owner.book = fields.get("price_book", owner.book)
        owner.unlimited = fields.get("unlimited", owner.unlimited)
        if "account_type" in fields:
            owner.grant = GRANTS[fields["account_type"]]
        if "time_zone" in fields:
            owner.days.change(fields["time_zone"], self.now)

    def _make(self, key: OwnerKey, fields: Mapping[str, Any]) -> None:
        person = fields.get("account_type", "learner") if key[0] == "user" else None
        zone = fields.get("time_zone", "UTC")
        owner = self.open_wallet(key, book=fields["price_book"], zone=zone, account_type=person)
        owner.unlimited = fields.get("unlimited", False)
        if key[0] == "organisation":
            self.organisations[key[1]] = Organisation()

    def organisation(self, key: str) -> Organisation:
        self.owner(("organisation", key))
        return self.organisations[key]

    def set_member(self, organisation: str, user: str, role: str) -> None:
        roles = self.organisation(organisation).roles
        self.owner(("user", user))
        if role != "owner":
            self._require_another_owner(roles, user)
        roles[user] = role

    def _require_another_owner(self, roles: dict[str, str], user: str) -> None:
        others = [member for member, role in roles.items() if role == "owner" and member != user]
        if roles.get(user) == "owner" and not others:
            raise Refused("invalid_state")

    def remove_member(self, organisation: str, user: str) -> None:
        """Unspent, unheld allocated tokens return; the member's own rules end."""
        known = self.organisation(organisation)
        roles = known.roles
        if user not in roles:
            raise Refused("not_found")
        self._require_another_owner(roles, user)
        owner, bucket = self.owners["user", user], ("allocated", organisation)
        back = self.available(owner, bucket)
        giver = ("organisation", organisation)
        self.post("reclaim", self.now, [(owner.key, bucket, -back), (giver, PURCHASED, back)])
        del roles[user]
        known.funding.pop(("member", user), None)
        known.limits = {limit: n for limit, n in known.limits.items() if limit[:2] != ("member", user)}

    def credit(self, key: OwnerKey, tokens: int, kind: str) -> None:
        self.owner(key)
        self.post(kind, self.now, [(key, EARNED if kind == "promotion" else PURCHASED, tokens)])

    def freeze(self, key: OwnerKey, frozen: bool) -> None:
        self.owners[key].frozen = frozen

    def _members(self, organisation: str, items: Sequence[tuple[str, int]]) -> tuple[Owner, list[Owner]]:
        giver = self.owner(("organisation", organisation))
        members = [self.owner(("user", user)) for user, _ in items]
        if any(member.key[1] not in self.organisations[organisation].roles for member in members):
            raise Refused("not_a_member")
        if any(wallet.frozen for wallet in (giver, *members)):
            raise Refused("wallet_frozen")
        return giver, members

    def allocate(self, organisation: str, items: Sequence[tuple[str, int]]) -> None:
        """Earned first, then purchased, never free; all or none."""
        giver, members = self._members(organisation, items)
        if any(member.book != giver.book for member in members):
            raise Refused("price_book_mismatch")
        lasting = sum(max(self.available(giver, bucket), 0) for bucket in (EARNED, PURCHASED))
        if sum(tokens for _, tokens in items) > lasting and not giver.unlimited:
            raise Refused("insufficient_tokens")
        for member, (_, tokens) in zip(members, items, strict=True):
            earned = min(max(self.available(giver, EARNED), 0), tokens)
            moves = [(giver.key, EARNED, -earned), (giver.key, PURCHASED, earned - tokens)]
            moves.append((member.key, ("allocated", organisation), tokens))
            self.post("allocation", self.now, moves)

    def reclaim(self, organisation: str, items: Sequence[tuple[str, int]]) -> None:
        """Back to the organisation's purchased tokens; all or none."""
        giver, members = self._members(organisation, items)
        bucket = ("allocated", organisation)
        for member, (_, tokens) in zip(members, items, strict=True):
            if tokens > self.available(member, bucket):
                raise Refused("insufficient_tokens")
        for member, (_, tokens) in zip(members, items, strict=True):
            self.post("reclaim", self.now, [(member.key, bucket, -tokens), (giver.key, PURCHASED, tokens)])

    def check_subject(self, organisation: str, kind: str, key: str) -> None:
        known = self.organisation(organisation)
        if kind == "member":
            self.owner(("user", key))
            if key not in known.roles:
                raise Refused("not_a_member")
        if kind == "cost_centre" and key not in known.parents:
            raise Refused("not_found")

    def set_funding(self, organisation: str, subject: tuple[str, str], mode: str, percent: int) -> None:
        self.check_subject(organisation, *subject)
        self.organisations[organisation].funding[subject] = (mode, percent)

    def remove_funding(self, organisation: str, subject: tuple[str, str]) -> None:
        self.organisation(organisation).funding.pop(subject, None)

    def set_limits(self, organisation: str, changes: Mapping[Limit, int | str | None]) -> None:
        """Micro-tokens, None for explicitly no limit, or "remove"."""
        known = self.organisation(organisation)
        if any(kind == "cost_centre" and key not in known.parents for kind, key, _ in changes):
            raise Refused("not_found")
        for (kind, key, _), tokens in changes.items():
            if tokens != "remove":
                self.check_subject(organisation, kind, key)
        for limit, tokens in changes.items():
            if isinstance(tokens, str):
                self.organisations[organisation].limits.pop(limit, None)
            else:
                self.organisations[organisation].limits[limit] = tokens

    def set_centre(self, organisation: str, key: str, parent: str | None) -> None:
        known = self.organisation(organisation).parents
        above = parent
        if above is not None and above not in known:
            raise Refused("not_found")
        while above is not None:
            if above == key:
                raise Refused("validation_error")
            above = known.get(above)
        known[key] = parent

    def set_budget(self, user: str, tokens: int | None, blocks: bool) -> None:
        self.owner(("user", user))
        if tokens is None:
            self.budgets.pop(user, None)
        else:
            self.budgets[user] = (tokens, blocks)
