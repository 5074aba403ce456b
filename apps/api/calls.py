"""What one call is: what comes in, what goes out, and how a method says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest

from apps.api.authentication import Caller
from apps.api.shapes.base import Schema, Shape
from apps.api.shapes.objects import Fields
from apps.core.errors import Problem

BODY_LIMIT = 1_000_000
"""Bytes that a body may have."""
NO_QUERY = Fields("NoQuery", {})


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose shape is right: validated values of its address, its parameters and its body."""

    caller: Caller
    at: datetime
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out. `made` names the object (type, id) that a stored answer can be built from again."""

    status: int
    body: Any = None
    made: tuple[str, str] = ("", "")
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None

    def content(self) -> str:
        """The body as JSON; a replayed one as it was sent the first time."""
        return self.text if self.text is not None else json.dumps(self.body, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call with an idempotency key that is refused, while what it has written so far is kept."""

    problem: Problem


Work = Callable[[Any, Call], Answer | Refusal]
Rebuild = Callable[[str, datetime], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address takes and gives. Schemas are JSON Schema, or None without a body."""

    summary: str
    scopes: tuple[str, ...]
    answers: Mapping[int, Schema | None]
    description: str = ""
    path: Mapping[str, Shape] = field(default_factory=dict)
    query: Fields = NO_QUERY
    body: Fields | None = None
    problems: tuple[type[Problem], ...] = ()
    rebuild: Rebuild | None = None
    body_limit: int = BODY_LIMIT
    tag: str = ""
    reads: Callable[[Call], str | None] | None = None
    """Which organisation alone a call reads, for keys that belong to one; without it those are refused."""


Marked = TypeVar("Marked", bound=Work)
_OPERATIONS = "_operation"


def organisation_in_path(call: Call) -> str | None:
    """``organisations/{id}/…``"""
    key: str = call.path["organisation_id"]
    return key


def organisation_in_query(call: Call) -> str | None:
    """``?organisation=id``; None for a user's."""
    key: str | None = call.query["organisation"]
    return key


def organisation_as_owner(call: Call) -> str | None:
    """``{type}/{id}`` or ``?owner_type=&owner_id=``; None for a user's."""
    named = call.path if "owner_id" in call.path else call.query
    key: str = named["owner_id"]
    return key if named["owner_type"] == "organisation" else None


def operation(**declared: Any) -> Callable[[Marked], Marked]:
    """Mark a method of an endpoint with its `Operation`."""

    def mark(method: Marked) -> Marked:
        setattr(method, _OPERATIONS, Operation(**declared))
        return method

    return mark


def operation_of(method: object) -> Operation:
    """The operation a method was marked with."""
    found: Operation = getattr(method, _OPERATIONS)
    return found
