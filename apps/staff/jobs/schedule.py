"""The clock's schedule in words, with when each task last rang and rings next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab, maybe_schedule
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.jobs.models import Ring

TITLES: dict[str, Promise] = {
    "jobs.carry_on": gettext_lazy("Carry runs on"),
    "events.deliver": gettext_lazy("Tell what happened (tokens that arrived)"),
    "events.purge": gettext_lazy("Forget what was told long ago"),
    "usage.expire_holds": gettext_lazy("End holds past their deadline"),
    "wallets.reset_free_tokens": gettext_lazy("Free tokens of the new month"),
    "hosting.bill_months": gettext_lazy("Hosting and storage bills of the month before"),
    "hosting.settle_bills": gettext_lazy("Settle bills, mark what is overdue"),
    "usage.issue_statements": gettext_lazy("Usage statements of wallets paid for afterwards"),
    "allocations.carry_out_recurring": gettext_lazy("Allocations that repeat every week or month"),
    "ledger.verify_ledger": gettext_lazy("Check the ledger"),
}
LATE = timedelta(minutes=10)
"""A task that missed its time for so long says that nobody rings or nobody works."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A scheduled task; instants are UTC."""

    task: str
    title: str
    when: str
    last: datetime | None
    next: datetime
    result: str
    error: str
    is_late: bool


def show_schedule(rings: Mapping[str, Ring], at: datetime) -> list[Scheduled]:
    """Every scheduled task with when it last rang, by name."""
    return list(_scheduled(rings, at))


def _scheduled(rings: Mapping[str, Ring], at: datetime) -> Iterator[Scheduled]:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        task, schedule = entry["task"], entry["schedule"]
        ring = rings.get(task)
        every = _every(schedule)
        left = max(_as_schedule(schedule).remaining_estimate(at), timedelta(0))
        following = (at + left + timedelta(milliseconds=500)).replace(microsecond=0)
        yield Scheduled(
            task=task,
            title=str(TITLES.get(task, task)),
            when=_words(schedule),
            last=ring.started_at if ring else None,
            next=following,
            result=ring.result if ring else "",
            error=ring.error if ring else "",
            is_late=ring is not None and at - ring.started_at > every + LATE,
        )


def _as_schedule(schedule: Any) -> Any:
    return maybe_schedule(schedule)


def _minutes(schedule: Any) -> int:
    """In how many minutes of an hour it rings."""
    return len(schedule.minute)


def _every(schedule: Any) -> timedelta:
    if not isinstance(schedule, crontab):
        return timedelta(seconds=schedule)
    return timedelta(minutes=1) if _minutes(schedule) > 1 else timedelta(days=1)


def _words(schedule: Any) -> str:
    if not isinstance(schedule, crontab):
        seconds = int(schedule)
        return ngettext("every second", "every %(count)d seconds", seconds) % {"count": seconds}
    if _minutes(schedule) > 1:
        return _("every minute")
    return _("each day at %(time)s UTC") % {"time": _time_of(schedule)}


def _time_of(schedule: Any) -> str:
    return f"{min(schedule.hour):02d}:{min(schedule.minute):02d}"
