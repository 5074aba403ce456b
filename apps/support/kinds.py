"""Kinds of what staff can ask for: each knows what it would do now, and how to do it.

An app above or beside registers its own kinds once, when it is ready (`register_kind`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.core.errors import NotFound
from apps.core.figures import places_for
from apps.support.roles import Action

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Payload = Mapping[str, Any]
"""What is asked for, as JSON can hold it: ids, micro-tokens, plain values."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One thing before and after: micro-tokens as numbers, anything else in words; None is not there."""

    label: str
    before: int | str | None
    after: int | str | None

    @property
    def is_amount(self) -> bool:
        return isinstance(self.before, int) and isinstance(self.after, int)

    @property
    def change(self) -> int:
        """What is added (+) or taken (−), in micro-tokens; 0 for words."""
        if isinstance(self.before, int) and isinstance(self.after, int):
            return self.after - self.before
        return 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What something would do now.

    `facts` are what must still be so when it is done; balances that go on moving do not belong there.
    `tokens` (micro-tokens, unsigned) is compared with the thresholds; None where nothing moves.
    """

    title: str
    lines: tuple[EffectLine, ...]
    facts: Mapping[str, Any]
    tokens: int | None = None
    wallet_id: int | None = None
    charge_id: int | None = None
    hint: str = ""

    @property
    def places(self) -> int:
        """So many decimals show all amounts of the effect exactly."""
        amounts = [n for line in self.lines for n in (line.before, line.after) if isinstance(n, int)]
        return places_for(amounts)

    @property
    def seen(self) -> str:
        """A short sum of the facts: who confirms sends it back, so that nothing is confirmed unseen."""
        text = json.dumps(self.facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def effect_of(stored: Mapping[str, Any]) -> Effect:
    """An effect as it was stored."""
    lines = tuple(EffectLine(**line) for line in stored["lines"])
    return Effect(**{**stored, "lines": lines})


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done now, and on whose behalf: `actor` asked for it, `address` is where from."""

    payload: Payload
    reason: str
    actor: str
    at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the transfer's number where tokens moved, and a sentence for whom it was done."""

    transfer: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `foresee` says what it would do and `execute` does it; both raise a Problem where they
    cannot. `scope` are the wallets that are locked before either of them looks."""

    code: str
    name: StrOrPromise
    action: Action
    foresee: Callable[[Payload, datetime], Effect]
    execute: Callable[[Order], Outcome]
    scope: Callable[[Payload], Collection[int]] = field(default=lambda payload: ())


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Make a kind known; ValueError if another one has its code."""
    if _kinds.get(kind.code, kind) is not kind:
        raise ValueError(f"There are two kinds {kind.code}.")
    _kinds[kind.code] = kind


def kind_of(code: str) -> Kind:
    """The kind with the code; NotFound if nobody registered it."""
    if code not in _kinds:
        raise NotFound(f"There is no kind {code[:40]}.")
    return _kinds[code]
