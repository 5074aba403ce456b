"""The jobs there are: each says which keys are due and how to do some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.core.errors import NotFound

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is for: its subject (such as ``2026-10``), its scope (``organisation:ID``, or all)."""

    subject: str
    scope: str
    at: datetime


Query = tuple[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of run.

    `select` is a query with one column ``key`` (whole numbers) of what is still to be done for the task;
    `work` does some of these keys in the running transaction. Doing a key twice must change nothing the
    second time: what is done is no longer selected.
    """

    code: str
    title: StrOrPromise
    unit: StrOrPromise
    """What is counted, in the plural."""
    select: Callable[[Task], Query]
    work: Callable[[Task, Sequence[int]], None]
    chunk: int
    """So many keys are done in one transaction."""


class NotYet(Exception):
    """Something must be done in a transaction of its own before the chunk: `remedy` does it."""

    def __init__(self, remedy: Callable[[], None]) -> None:
        super().__init__("Something is due that must be done first.")
        self.remedy = remedy


_jobs: dict[str, Job] = {}


def register_job(job: Job) -> None:
    """Make a job known; the app that owns it does so once, when it is ready."""
    _jobs[job.code] = job


def job_of(code: str) -> Job:
    """The job with the code; NotFound if nobody registered it."""
    if code not in _jobs:
        raise NotFound(f"There is no job {code[:40]}.")
    return _jobs[code]


def jobs() -> list[Job]:
    """All jobs, by code."""
    return [_jobs[code] for code in sorted(_jobs)]
