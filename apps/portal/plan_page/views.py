"""The plan's page with the history of generations, and the history as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.csv_files import Number, csv_text
from apps.core.units import format_tokens
from apps.portal.plan_page.page import load_generations, load_plan_page, read_asked
from apps.portal.usage_page.views import file_answer
from apps.portal.working import looker

MOST_LINES = 5_000


@require_safe
@login_required
def organisation_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The quota, who used it, and generations by what paid for them."""
    holding, shell, _organisation = looker(request, slug)
    page = load_plan_page(holding, shell, read_asked(request.GET.dict()))
    return render(request, "portal/plan.html", {"page": page})


@require_safe
@login_required
def generations_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The generations that the page's filters find, the latest first, as a file."""
    holding, shell, _organisation = looker(request, slug)
    rows = load_generations(holding, shell, read_asked(request.GET.dict()), most=MOST_LINES)
    head = (
        _("When"),
        _("Number"),
        _("Operation"),
        _("Model"),
        _("Person"),
        _("Id"),
        _("Paid by"),
        _("Tokens"),
    )
    lines = [
        (
            row.charge.created_at.isoformat(),
            row.charge.number,
            row.name,
            row.charge.model,
            row.person,
            row.charge.user_key,
            "plan" if row.by_plan else "tokens",
            Number(format_tokens(row.paid)),
        )
        for row in rows
    ]
    return file_answer(f"generations-{holding.slug}.csv", csv_text(head, lines))
