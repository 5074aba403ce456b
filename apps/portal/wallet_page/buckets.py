"""The kinds of tokens in a wallet, in the order they are spent, and the bar that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.core import figures
from apps.wallets.state import ALLOCATED, EARNED, FREE, PURCHASED, Bucket, WalletState

GAP = 30
"""Hundredths of a percent between two parts of the bar."""


@dataclass(frozen=True, slots=True)
class Source:
    """Tokens received from one organisation."""

    name: str
    balance: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of tokens; `x`, `width` and `held_width` place it in the bar."""

    code: str
    balance: int
    held: int
    sources: tuple[Source, ...]
    x: str
    width: str
    held_width: str

    @property
    def available(self) -> int:
        return self.balance - self.held


def make_kinds(wallet: WalletState, names: Mapping[int, str]) -> tuple[Kind, ...]:
    """Free, allocated (of people), earned, purchased: spent from left to right."""
    order = (FREE, ALLOCATED, EARNED, PURCHASED) if wallet.owner_type == "user" else (FREE, EARNED, PURCHASED)
    found = {code: [b for (kind, _), b in wallet.buckets.items() if kind == code] for code in order}
    whole = sum(max(bucket.balance, 0) for of_kind in found.values() for bucket in of_kind)
    kinds: list[Kind] = []
    start = 0
    for code, of_kind in found.items():
        kind = _kind(code, of_kind, names, start, whole)
        start += _share(kind.balance, whole)
        kinds.append(kind)
    return tuple(kinds)


def _kind(code: str, buckets: Sequence[Bucket], names: Mapping[int, str], start: int, whole: int) -> Kind:
    balance, held = sum(b.balance for b in buckets), sum(b.held for b in buckets)
    width = max(_share(balance, whole) - GAP, 0)
    sources = [Source(names.get(b.source_id, ""), b.balance) for b in buckets if b.source_id and b.balance]
    sources.sort(key=lambda source: -source.balance)
    return Kind(
        code=code,
        balance=balance,
        held=held,
        sources=tuple(source for source in sources if source.name),
        x=_length(start),
        width=_length(width),
        held_width=_length(width * max(held, 0) // balance if balance > 0 else 0),
    )


def _share(part: int, whole: int) -> int:
    """Hundredths of a percent; what is there at all can be seen."""
    if whole <= 0 or part <= 0:
        return 0
    return max(part * 10_000 // whole, GAP + 60)


def _length(hundredths: int) -> str:
    return figures.percent(hundredths, 10_000)
