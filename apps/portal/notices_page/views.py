"""A person's notices: the latest first; looking at them makes them read."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.notifications.models import Notice
from apps.notifications.wording import sentence, title
from apps.portal.context import required_shell
from apps.portal.working import reader

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    row: Notice

    @property
    def title(self) -> str:
        return title(self.row.kind, self.row.facts)

    @property
    def sentence(self) -> str:
        return sentence(self.row.kind, self.row.facts)


@require_safe
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """The latest notices, unread ones marked."""
    required_shell(request)
    rows = Notice.objects.filter(user=reader(request)).order_by("-at", "-pk")[:SHOWN]
    return render(request, "portal/notices.html", {"notices": [Shown(row) for row in rows]})


@require_POST
@login_required
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    shell = required_shell(request)
    Notice.objects.filter(user=reader(request), read_at=None).update(read_at=shell.at)
    return redirect("notices")
