"""What is on record of scheduled tasks: when each last began and ended, what it did, what went wrong."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import timedelta

from apps.core.clock import now
from apps.jobs.models import Ring

logger = logging.getLogger(__name__)


def on_record(task: str, work: Callable[[], object]) -> object:
    """Do the work and note when it began and ended; an error is noted and raised."""
    began, since = now(), time.monotonic()
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
