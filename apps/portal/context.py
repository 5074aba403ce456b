"""What every template may use: the chosen theme, and the shell for people who are logged in."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.core.clock import now
from apps.identity.models import User
from apps.portal.holdings import Holding, Shell, load_shell
from apps.portal.wallet_page.limits import Held, held_limits

THEMES = ("system", "light", "dark")
COOKIE = "theme"


def appearance(request: HttpRequest) -> dict[str, Any]:
    """`theme` is system, light or dark; `shell` is read from the database only where a page shows it."""
    chosen = request.COOKIES.get(COOKIE, "")
    return {
        "theme": chosen if chosen in THEMES else "system",
        "shell": SimpleLazyObject(lambda: shell_of(request)),
        "my_budget": SimpleLazyObject(lambda: my_budget(request)),
    }


def shell_of(request: HttpRequest) -> Shell | None:
    """The shell of this request, read once; None for anonymous visitors."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    kept = vars(request)
    if "scrip_shell" not in kept:
        match = request.resolver_match
        kept["scrip_shell"] = load_shell(user, now(), match.kwargs.get("slug", "") if match else "")
    shell: Shell = kept["scrip_shell"]
    return shell


def my_budget(request: HttpRequest) -> Held | None:
    """The limit under which the person has the least left, for the rail; None where none holds."""
    shell = shell_of(request)
    found = held_limits(shell) if shell is not None and shell.own() is not None else ()
    return min((n for n in found if not n.is_personal), key=lambda limit: limit.left, default=None)


def required_shell(request: HttpRequest) -> Shell:
    """The shell of somebody who is logged in; 404 for strangers."""
    shell = shell_of(request)
    if shell is None:
        raise Http404
    return shell


def required_organisation(shell: Shell, slug: str) -> Holding:
    """The organisation's wallet; 404 for those who may not look into it."""
    holding = shell.organisation(slug)
    if holding is None:
        raise Http404
    return holding
