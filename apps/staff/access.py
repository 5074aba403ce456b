"""Who of the staff may look at what: the answer of the model's own page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest


def may_view(request: HttpRequest, label: str) -> bool:
    """Whether this person may look at a model, named by its label such as ``wallets.wallet``."""
    pages = (pages for model, pages in admin.site._registry.items() if model._meta.label_lower == label)
    found = next(pages, None)
    return found is not None and found.has_view_permission(request)
