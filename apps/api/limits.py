"""How often somebody may call: failed keys per address, and requests per client where that is set.

Counted per minute in the cache. `API_FAILED_KEYS_PER_MINUTE` and `API_REQUESTS_PER_MINUTE`; 0 is no limit.
"""

from __future__ import annotations

from time import time as seconds_since_1970

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from apps.core.errors import RateLimited

WINDOW = 60


def count_failure(request: HttpRequest) -> None:
    """Count a request without a usable key; RateLimited where one address sends too many."""
    _count(f"api-failed:{address(request)}", settings.API_FAILED_KEYS_PER_MINUTE)


def count_request(client_id: int) -> None:
    """Count a client's request; RateLimited where a limit is set and reached."""
    _count(f"api-client:{client_id}", settings.API_REQUESTS_PER_MINUTE)


def address(request: HttpRequest) -> str:
    """Where the request comes from; behind so many trusted proxies, what the first of them saw."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if proxies and len(hops) >= proxies:
        return hops[-proxies][:60]
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(name: str, most: int) -> None:
    if not most:
        return
    minute, second = divmod(int(seconds_since_1970()), WINDOW)
    key = f"{name}:{minute}"
    cache.add(key, 0, timeout=2 * WINDOW)
    try:
        count = cache.incr(key)
    except ValueError:
        return
    if count > most:
        wait = WINDOW - second
        raise RateLimited(f"At most {most} a minute. Try again in {wait} seconds.", retry_after=wait)
