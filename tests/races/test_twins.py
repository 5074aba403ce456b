"""The same races with the locks taken out: each must be seen to fail, or the race proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from django.db import OperationalError

from apps.core import sql
from apps.wallets import books
from tests.races import month_end, running, scenes
from tests.races.running import Call, Gap, take_locks_out
from tests.races.scenes import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("scene", "people"),
    [
        (scenes.the_last_tokens, 8),
        (scenes.refunds_at_once, 2),
        (scenes.capture_against_expiry, 2),
        (scenes.reset_against_charge, 2),
        (scenes.the_edge_of_a_limit, 2),
        (scenes.shared_pool_at_once, 4),
        (scenes.credits_at_once, 4),
        (scenes.capture_against_extend, 2),
        (scenes.approvals_at_once, 2),
        (scenes.the_last_generations, 2),
        (scenes.the_reserved_tokens, 2),
        (scenes.one_form_sent_many_times, 2),
        (month_end.bills_at_once, 2),
        (month_end.settled_at_once, 2),
        (month_end.credit_against_bills, 3),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_without_its_locks_the_race_is_lost(
    scene: Scene, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def race_without_locks(calls: Sequence[Call]) -> Counter[str]:
        with pytest.MonkeyPatch.context() as patch:
            take_locks_out(patch, len(calls))
            return known(calls)

    known = running.race
    monkeypatch.setattr(running, "race", race_without_locks)
    with pytest.raises(AssertionError):
        scene(people)


def test_without_an_order_of_locks_two_runs_lock_each_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gap, seen, known = Gap(2), [], books.is_deadlock
    turns = iter([False, True])

    def lock_one_by_one(table: str, ids: Iterable[int]) -> None:
        wanted = sorted(set(ids), reverse=next(turns, False))
        for place, number in enumerate(wanted):
            sql.fetch(f"SELECT id FROM {table} WHERE id = %s FOR NO KEY UPDATE", [number])
            if place == 0:
                gap.wait()

    def counted(error: OperationalError) -> bool:
        seen.append(known(error))
        return seen[-1]

    def race_out_of_order(calls: Sequence[Call]) -> Counter[str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sql, "lock_rows", lock_one_by_one)
            patch.setattr(books, "is_deadlock", counted)
            return run(calls)

    run = running.race
    monkeypatch.setattr(running, "race", race_out_of_order)
    scenes.allocations_in_opposite_order(2)
    assert not gap.missed
    assert any(seen)
