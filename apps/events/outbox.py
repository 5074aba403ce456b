"""Write events with their cause, and tell them: each once to every receiver, in one transaction with what
the receivers do."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from apps.core import sql
from apps.core.clock import now
from apps.events.models import Event

logger = logging.getLogger(__name__)
Receiver = Callable[[int, datetime], None]
"""Gets the event's key and the time of telling."""
_receivers: dict[str, list[Receiver]] = {}
_NEXT = (
    "SELECT id, kind, key, attempts FROM events_event WHERE told_at IS NULL AND due_at <= %s "
    "ORDER BY due_at, id LIMIT 1"
)
LONGEST_WAIT = timedelta(hours=1)
KEPT_FOR = timedelta(days=30)


def receive(kind: str, receiver: Receiver) -> None:
    """Let events of a kind be told to somebody; an app does so once, when it is ready."""
    known = _receivers.setdefault(kind, [])
    if receiver not in known:
        known.append(receiver)


def emit(kind: str, keys: Iterable[int], *, at: datetime) -> None:
    """Write events in the running transaction."""
    sql.insert(
        "events_event",
        ("kind", "key", "at", "due_at", "attempts", "error"),
        [(kind, key, at, at, 0, "") for key in keys],
    )


def deliver(*, seconds: float, clock: Callable[[], datetime] = now) -> int:
    """Tell what waits, for about so long; answers how many events were told."""
    until = time.monotonic() + seconds
    told = 0
    while time.monotonic() < until:
        one = _deliver_next(clock())
        if one is None:
            break
        told += one
    return told


def _deliver_next(at: datetime) -> int | None:
    skipping = " FOR UPDATE SKIP LOCKED" if sql.is_postgresql() else ""
    with transaction.atomic():
        found = sql.fetch(_NEXT + skipping, [at])
        if not found:
            return None
        number, kind, key, attempts = found[0]
        try:
            with transaction.atomic():
                for receiver in _receivers.get(kind, ()):
                    receiver(key, at)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("event %s (%s %s) could not be told", number, kind, key)
            said = "".join(traceback.format_exception_only(error)).strip()[:2000]
            wait = min(timedelta(seconds=2**attempts), LONGEST_WAIT)
            Event.objects.filter(pk=number).update(attempts=attempts + 1, error=said, due_at=at + wait)
            return 0
        Event.objects.filter(pk=number).update(attempts=attempts + 1, error="", told_at=at)
        return 1


def purge(*, at: datetime) -> int:
    """Forget what was told long ago; answers how many events."""
    return Event.objects.filter(told_at__lt=at - KEPT_FOR).delete()[0]
