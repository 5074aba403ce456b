"""What an allocation or a reclaim would do, shown before it is done: the wallet, and each member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.audience import Audience, candidates
from apps.allocations.earmarks import reserved, reserves_of
from apps.allocations.limits import LimitRule, apply_shared, room, tightest
from apps.allocations.planning import Move, Step, plan_allocation, plan_reclaim
from apps.allocations.selectors import rules_of_wallet
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.organisations.models import Organisation
from apps.portal.allocations_page.typed import Line, read_lines
from apps.portal.coverage_page.words import tokens_within
from apps.wallets.state import EARNED, PURCHASED, WalletState

SHOWN = 8
BLOCKED = {
    "barred": gettext_noop("Barred from allocations, nothing moves"),
    "other_book": gettext_noop("In another price book, nothing can move"),
    "frozen": gettext_noop("The wallet is frozen, nothing moves"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A member before and after, with what there is to say about it."""

    step: Step
    said: str

    @property
    def initials(self) -> str:
        words = [word for word in self.step.member.name.replace("@", " ").split() if word[:1].isalnum()]
        ends = [words[0], words[-1]] if len(words) > 1 else words
        return "".join(word[0] for word in ends).upper()


@dataclass(frozen=True, slots=True)
class Preview:
    """All of it. `now` is what the wallet can give (or has, for a reclaim), `free` and `reserved` what it
    may not. Below zero it owes as much: then it is paid for afterwards.

    `shared` is the tightest limit on what everybody together spends, and `shared_room` what it still
    allows.
    """

    move: Move
    wrong: tuple[Line, ...]
    now: int
    free: int
    unlimited: bool
    takes: bool
    shared: LimitRule | None = None
    shared_room: int = 0
    reserved: int = 0

    @property
    def owes(self) -> bool:
        """Whether the wallet is, or would come, below zero."""
        return self.unlimited and self.after < 0

    @property
    def shared_words(self) -> str:
        """What all members together can spend, where that is less than these would have; else nothing."""
        if self.takes or self.shared is None or self.after_sum <= self.shared_room:
            return ""
        return tokens_within(self.shared_room, self.shared.period)

    @property
    def total(self) -> int:
        return self.move.total

    @property
    def amount(self) -> int:
        return abs(self.move.total)

    @property
    def after(self) -> int:
        return self.now - self.move.total

    @property
    def missing(self) -> int:
        return 0 if self.unlimited else max(-self.after, 0)

    @property
    def is_possible(self) -> bool:
        return bool(self.move.moving) and not self.missing

    @property
    def first(self) -> tuple[Row, ...]:
        return tuple(map(_row, self.move.steps[:SHOWN]))

    @property
    def rest(self) -> tuple[Row, ...]:
        return tuple(map(_row, self.move.steps[SHOWN:]))

    @property
    def before_sum(self) -> int:
        return sum(step.before for step in self.move.steps)

    @property
    def after_sum(self) -> int:
        return sum(step.after for step in self.move.steps)

    @property
    def places(self) -> int:
        amounts = [n for step in self.move.steps for n in (step.before, step.moves)]
        return figures.sum_places(amounts, self.total)


def _row(step: Step) -> Row:
    if step.blocked:
        return Row(step, _(BLOCKED[step.blocked]))
    if not step.moves:
        return Row(step, _("Nothing moves"))
    if step.little_room and step.member.room is not None:
        words = {"room": figures.figure(step.member.room)}
        return Row(step, _("Limits let %(room)s be spent in this period") % words)
    return Row(step, "")


def load_preview(
    organisation: Organisation, wallet: WalletState, asked: dict[str, Any], *, takes: bool, at: datetime
) -> Preview:
    """What the cleaned form would do: at most eight queries."""
    everybody = asked["to"] == "people"
    rules = rules_of_wallet(wallet.id)
    members = candidates(organisation, _audience(asked), at=at, known=rules)
    lines: Sequence[Line] = ()
    rows: dict[str, int] = {}
    if everybody:
        lines = read_lines(asked["people"], members, with_amounts=asked["how"] == "rows")
        named = [line.key for line in lines if line.key]
        by_key = {member.key: member for member in members}
        members = [by_key[key] for key in named]
        rows = {line.key: line.tokens for line in lines if line.key and line.tokens is not None}
    plan = plan_reclaim if takes else plan_allocation
    move = plan(members, asked["how"], asked["tokens"] or 0, rows)
    lasting = max(wallet.bucket(EARNED).available, 0) + wallet.bucket(PURCHASED).available
    wrong = tuple(line for line in lines if line.problem)
    free = max(wallet.available - lasting, 0)
    if takes:
        return Preview(move, wrong, lasting, free, wallet.unlimited, takes)
    shared, left, marked = _kept_back(organisation, wallet, rules, at)
    marked = min(marked, max(lasting, 0))
    return Preview(
        move, wrong, lasting - marked, free, wallet.unlimited, takes, shared, left, reserved=marked
    )


def _kept_back(
    organisation: Organisation, wallet: WalletState, rules: Sequence[LimitRule], at: datetime
) -> tuple[LimitRule | None, int, int]:
    """The organisation's tightest limit, what it still allows, and what earmarks reserve: two queries."""
    day = wallet.calendar.day_of(at)
    held = apply_shared(rules, scope=wallet.id, calendar=wallet.calendar, day=day)
    marks = [one.limit(wallet.id) for one in reserves_of(organisation.pk)]
    tally = load_together([*held, *marks])
    found = tightest(held, tally)
    return (found.rule if found else None, room(found, tally) if found else 0, reserved(marks, tally))


def _audience(asked: dict[str, Any]) -> Audience:
    if asked["to"] == "role":
        return Audience("role", asked["role"])
    if asked["to"] == "cost_centre":
        return Audience("cost_centre", asked["centre"])
    return Audience("all")
