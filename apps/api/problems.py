"""Problems as RFC 9457 documents: `application/problem+json`, whatever went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from apps.core import errors
from apps.core.errors import Problem

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/docs/problems#"


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "This method is not possible here"


class NotAcceptable(Problem):
    status, code, title = 406, "not_acceptable", "Answers are JSON"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported_media_type", "Bodies are JSON"


class Unexpected(Problem):
    status, code, title = 500, "unexpected", "Something went wrong on our side"


def known_problems() -> list[type[Problem]]:
    """Every problem that an answer can carry, by status and code."""
    return sorted(_below(Problem), key=lambda kind: (kind.status, kind.code))


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def document(problem: Problem) -> dict[str, Any]:
    """The problem as the body of an answer."""
    return {
        "type": f"{TYPE_BASE}{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail or f"{problem.title}.",
        **problem.extra,
    }


def response(problem: Problem) -> HttpResponse:
    """The problem as an answer, with the headers its status asks for."""
    answer = HttpResponse(
        json.dumps(document(problem), separators=(",", ":")),
        status=problem.status,
        content_type=MEDIA_TYPE,
    )
    if problem.status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="Scrip"'
    if isinstance(problem, errors.InProgress | errors.RateLimited):
        answer["Retry-After"] = str(problem.extra.get("retry_after", 1))
    if isinstance(problem, MethodNotAllowed):
        answer["Allow"] = ", ".join(problem.extra.get("allowed", []))
    return answer


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """Nothing lives here."""
    return response(errors.NotFound("There is nothing at this address."))


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """What the REST framework's own views (the schema and its page) raise, as a problem."""
    if isinstance(error, Problem):
        return response(error)
    if isinstance(error, exceptions.MethodNotAllowed):
        return response(MethodNotAllowed(str(error.detail), allowed=context["view"].allowed_methods))
    if isinstance(error, exceptions.NotAcceptable):
        return response(NotAcceptable(str(error.detail)))
    if isinstance(error, Http404):
        return response(errors.NotFound(str(error)))
    return None
