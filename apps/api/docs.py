"""The description, its page and the page of problem codes: open to everybody, under the strict CSP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from apps.api.problems import known_problems
from apps.identity.scopes import MEANINGS


class SchemaView(SpectacularJSONAPIView):
    """The OpenAPI 3.1 document."""


class DocsView(SpectacularSwaggerSplitView):
    """The description to read and try out."""

    url_name = "api-schema"
    template_name = "api/docs.html"


def problem_codes(request: HttpRequest) -> HttpResponse:
    """What each problem code means: where the `type` of a problem points."""
    kinds = [kind for kind in known_problems() if kind.code != "problem"]
    return render(request, "api/problems.html", {"kinds": kinds, "scopes": MEANINGS})
