"""Runs: cut into chunks once, done once, halved where something fails, tried again on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import gettext_lazy as _

from apps.core.errors import NotFound
from apps.identity.models import AuditRecord, User
from apps.jobs import registry
from apps.jobs.models import Chunk, Ring, Run
from apps.jobs.registry import Job, NotYet, Query, Task, register_job
from apps.jobs.ringing import on_record
from apps.jobs.selectors import progress_of
from apps.jobs.starting import retry_failed, start_if_due, start_run
from apps.jobs.working import carry_on, carry_out, do_chunk
from tests.cast import a_user, load_prices

AT = datetime(2026, 11, 2, tzinfo=UTC)
BAD = "user-4"


@pytest.fixture(autouse=True)
def naming(db: None) -> Iterator[None]:
    """A job that writes people's names in capitals; it cannot write that of BAD while that is called bad."""
    load_prices()
    for number in range(10):
        a_user(f"user-{number}")
    register_job(Job("naming", _("Names"), _("people"), _select, _work, chunk=4))
    yield
    registry._jobs.pop("naming")


def _select(task: Task) -> Query:
    return "SELECT id AS key FROM identity_user WHERE name LIKE 'User%%'", []


def _work(task: Task, keys: Sequence[int]) -> None:
    for user in User.objects.filter(pk__in=keys).order_by("pk"):
        user.name = f"NAMED {task.subject}"
        user.save(update_fields=["name"])
        if user.platform_id == BAD and user.email == "bad@school.example":
            raise ValueError("This one cannot be named.")


def _run() -> Run:
    return start_run(job="naming", subject="2026-11", actor="tests", at=AT)


def _finish(run: Run) -> Run:
    return carry_out(run, clock=lambda: AT, pause=0)


def test_a_run_is_cut_into_chunks_of_what_is_due() -> None:
    run = _run()
    assert run.total == 10
    assert list(run.chunks.order_by("pk").values_list("size", flat=True)) == [4, 4, 2]


def test_a_second_start_joins_the_run_under_way() -> None:
    first = _run()
    do_chunk(first, at=AT)
    assert _run() == first
    _finish(first)
    assert _run() != first, "a finished run does not stand in the way"


def test_what_is_not_due_needs_no_run_of_the_clocks() -> None:
    _finish(_run())
    assert start_if_due(job="naming", subject="2026-11", at=AT) is None
    assert Run.objects.count() == 1


def test_progress_is_counted_while_it_runs() -> None:
    run = _run()
    do_chunk(run, at=AT + timedelta(seconds=2))
    found = progress_of([run], at=AT + timedelta(seconds=2))[0]
    assert (found.done, found.failed, found.waiting, found.total) == (4, 0, 6, 10)
    assert (found.rate, found.left) == (2.0, timedelta(seconds=3))


def test_a_finished_run_says_so() -> None:
    run = _finish(_run())
    assert (run.state, run.under_way, run.finished_at) == ("done", None, AT)
    assert User.objects.filter(name="NAMED 2026-11").count() == 10


def test_one_that_fails_stands_alone_and_all_others_are_done() -> None:
    User.objects.filter(platform_id=BAD).update(email="bad@school.example")
    run = _finish(_run())
    assert run.state == "failed"
    failed = Chunk.objects.get(state="failed")
    assert (failed.first, failed.last, failed.size) == (*[User.objects.get(platform_id=BAD).pk] * 2, 1)
    assert "This one cannot be named." in failed.error
    assert User.objects.filter(name="NAMED 2026-11").count() == 9
    found = progress_of([run], at=AT)[0]
    assert (found.done, found.failed, found.total) == (9, 1, 10)


def test_what_failed_is_tried_again_when_somebody_asks() -> None:
    User.objects.filter(platform_id=BAD).update(email="bad@school.example")
    run = _finish(_run())
    assert _finish(run).state == "failed", "not by itself"
    User.objects.filter(platform_id=BAD).update(email="")
    assert retry_failed(run=run, actor="user:ops", at=AT) == 1
    run.refresh_from_db()
    assert run.state == "running"
    assert _finish(run).state == "done"
    assert User.objects.filter(name="NAMED 2026-11").count() == 10
    assert retry_failed(run=run, actor="user:ops", at=AT) == 0
    assert list(AuditRecord.objects.values_list("action", flat=True)) == ["run.start", "run.retry"]


def test_what_must_come_first_is_done_first() -> None:
    seen: list[str] = []

    def work(task: Task, keys: Sequence[int]) -> None:
        if not seen:
            raise NotYet(lambda: seen.append("remedy"))
        _work(task, keys)

    register_job(Job("naming", _("Names"), _("people"), _select, work, chunk=4))
    assert _finish(_run()).state == "done"
    assert seen == ["remedy"]


def test_somebody_elses_work_is_not_done_again() -> None:
    run = _run()
    User.objects.update(name="NAMED by hand")
    assert _finish(run).state == "done"
    assert not User.objects.exclude(name="NAMED by hand").exists()


def test_the_clocks_ring_carries_all_runs_on() -> None:
    run = _run()
    assert carry_on(seconds=10, clock=lambda: AT) == 10
    run.refresh_from_db()
    assert run.state == "done"


def test_a_run_that_cannot_be_worked_on_keeps_no_other_from_its_work() -> None:
    forgotten = Run.objects.create(job="forgotten", subject="2026-11", actor="tests", asked_at=AT)
    Chunk.objects.create(run=forgotten, first=1, last=1, size=1)
    run = _run()
    with pytest.raises(NotFound):
        carry_on(seconds=10, clock=lambda: AT)
    run.refresh_from_db()
    assert run.state == "done"


def test_a_scheduled_task_leaves_its_times_and_its_error() -> None:
    assert on_record("some.task", lambda: "3 done") == "3 done"
    ring = Ring.objects.get()
    assert (ring.result, ring.error, ring.finished_at is not None) == ("3 done", "", True)

    def fail() -> None:
        raise ValueError("The disk is full.")

    with pytest.raises(ValueError, match="disk"):
        on_record("some.task", fail)
    ring.refresh_from_db()
    assert "The disk is full." in ring.error
    on_record("some.task", lambda: "well again")
    ring.refresh_from_db()
    assert (ring.error, ring.failed_at is not None) == ("", True)


def test_what_rings_often_and_finds_nothing_is_noted_once_a_minute() -> None:
    on_record("some.task", lambda: 0, often=True)
    before = Ring.objects.get().started_at
    on_record("some.task", lambda: 0, often=True)
    assert Ring.objects.get().started_at == before
    on_record("some.task", lambda: 2, often=True)
    assert Ring.objects.get().result == "2"
