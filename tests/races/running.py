"""Run calls at the same time, each on a connection of its own; take the locks out; wait in the gap."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from django.db import connections

from apps.core import sql
from apps.core.errors import Problem
from apps.wallets.loading import load
from apps.wallets.state import Desk

Call = Callable[[], Any]
PATIENCE = 60.0


def race(calls: Sequence[Call]) -> Counter[str]:
    """Let all calls begin at once; counts "done", codes of problems, and names of other exceptions."""
    gate = threading.Barrier(len(calls))
    outcomes: list[str] = []

    def run(call: Call) -> None:
        try:
            gate.wait(PATIENCE)
            call()
            outcomes.append("done")
        except Problem as problem:
            outcomes.append(problem.code)
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    return Counter(outcomes)


class Gap:
    """A meeting place between reading and writing: everybody has read before anybody writes."""

    def __init__(self, people: int) -> None:
        self.barrier = threading.Barrier(people)
        self.met = threading.local()
        self.missed = False

    def wait(self) -> None:
        """Once per thread; afterwards (a second attempt) nobody waits any more."""
        if getattr(self.met, "before", False):
            return
        self.met.before = True
        try:
            self.barrier.wait(PATIENCE)
        except threading.BrokenBarrierError:
            self.missed = True


def take_locks_out(patch: pytest.MonkeyPatch, people: int) -> None:
    """No row is locked, no old balance is compared, and everybody has read everything before anybody writes.

    They meet twice: when the wallets are read, and when the first row is about to be changed. What is read in
    between (the charge, its holds) would else be another's result if that one is quick.
    """
    gap, edge, update = Gap(people), Gap(people), sql.update

    def load_and_wait(wallet_ids: Sequence[int], **rest: Any) -> Desk:
        desk = load(wallet_ids, **rest)
        gap.wait()
        return desk

    def update_blindly(table: str, types: dict[str, str], rows: Iterable[Sequence[Any]], **rest: Any) -> None:
        edge.wait()
        guards = rest.pop("guards", ())
        rest.pop("check", None)
        kept = [place for place, name in enumerate(types) if name not in guards]
        known = {name: kind for name, kind in types.items() if name not in guards}
        update(table, known, [[row[place] for place in kept] for row in rows], **rest)

    def lock_nothing(table: str, ids: Iterable[int]) -> None:
        return None

    patch.setattr(sql, "lock_rows", lock_nothing)
    patch.setattr(sql, "update", update_blindly)
    patch.setattr("apps.wallets.books.load", load_and_wait)
