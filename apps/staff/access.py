"""Who of the staff may look at what: the answer of the model's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest


def page_of(label: str) -> ModelAdmin[Any] | None:
    """The pages of a model, named by its label such as ``wallets.wallet``."""
    pages = (pages for model, pages in admin.site._registry.items() if model._meta.label_lower == label)
    return next(pages, None)


def may_view(request: HttpRequest, label: str) -> bool:
    """Whether this person may look at a model."""
    pages = page_of(label)
    return pages is not None and pages.has_view_permission(request)
