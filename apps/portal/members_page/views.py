"""The members' page and its CSV, for those who read the organisation's money."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.portal.members_page.page import Asked, load_members_page, read_asked
from apps.portal.members_page.table import MOST_LINES, file_name, members_table
from apps.portal.usage_page.views import file_answer, wallet_of


@require_safe
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Members with what they spent; 404 where one may not look."""
    holding, shell = wallet_of(request, slug)
    page = load_members_page(holding, shell, read_asked(request.GET.dict()))
    return render(request, "portal/members.html", {"page": page})


@require_safe
@login_required
def members_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody whom the page's search finds, as a file."""
    holding, shell = wallet_of(request, slug)
    asked = read_asked(request.GET.dict())
    page = load_members_page(
        holding, shell, Asked(asked.search, asked.order, role=asked.role), room=MOST_LINES
    )
    return file_answer(file_name(page), members_table(page))
