"""Addresses below /api/v1/; whatever is not among them is a problem document too."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from apps.api import docs, problems
from apps.api.charging import urls as charging
from apps.api.hosting import urls as hosting
from apps.api.owners import urls as owners

urlpatterns: list[URLPattern] = [
    path("schema/", docs.SchemaView.as_view(), name="api-schema"),
    path("docs/", docs.DocsView.as_view(), name="api-docs"),
    path("docs/problems", docs.problem_codes, name="api-problems"),
    *charging.urlpatterns,
    *owners.urlpatterns,
    *hosting.urlpatterns,
    re_path(r"^.*$", problems.unknown_address),
]
