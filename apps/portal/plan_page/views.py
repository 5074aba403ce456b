"""The plan's page with the history of generations."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.portal.plan_page.page import load_plan_page, read_asked
from apps.portal.working import looker


@require_safe
@login_required
def organisation_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The quota, who used it, and generations by what paid for them."""
    holding, shell, _organisation = looker(request, slug)
    page = load_plan_page(holding, shell, read_asked(request.GET.dict()))
    return render(request, "portal/plan.html", {"page": page})
