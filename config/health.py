"""For load balancers: is the process alive, and can it do its work?"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; touches nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database and cache answer, else 503 that names what does not."""
    parts = {"database": _works(_ask_database), "cache": _works(_ask_cache)}
    ready = all(parts.values())
    states = {name: "ok" if works else "failed" for name, works in parts.items()}
    return JsonResponse({"status": "ok" if ready else "failed", **states}, status=200 if ready else 503)


def _works(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:
        log.exception("not_ready", part=ask.__name__)
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.set("readyz", 1, timeout=10)
