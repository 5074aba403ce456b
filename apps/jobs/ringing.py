"""What is on record of scheduled tasks: when each last began and ended, what it did, what went wrong."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from apps.core.clock import now
from apps.jobs.models import Ring

logger = logging.getLogger(__name__)


QUIET = timedelta(minutes=1)
"""A task that rings every few seconds and finds nothing is noted once in so long."""


def on_record(task: str, work: Callable[[], object], *, often: bool = False) -> object:
    """Do the work and note when it began and ended; an error is noted and raised.

    What rings `often` is noted only where it did something, or has not been noted for a while.
    """
    began, since = now(), time.monotonic()
    if often and Ring.objects.filter(task=task, started_at__gt=began - QUIET, error="").exists():
        result = work()
        if not result:
            return result
        work = partial(_as_it_is, result)
    Ring.objects.update_or_create(task=task, defaults={"started_at": began})
    row = Ring.objects.filter(task=task)
    try:
        result = work()
    except Exception as error:
        said = "".join(traceback.format_exception_only(error)).strip()
        row.update(error=said[:2000], failed_at=began)
        raise
    took = timedelta(seconds=time.monotonic() - since)
    row.update(finished_at=began + took, result=str(result)[:200], error="")
    return result


def _as_it_is(result: object) -> object:
    return result
