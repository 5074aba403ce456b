"""The OpenAPI description, taken from what each method declares: the same shapes that read the requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema

from apps.api.calls import Operation, operation_of
from apps.api.problems import (
    MEDIA_TYPE,
    NotAcceptable,
    Unexpected,
    UnsupportedMediaType,
    known_problems,
)
from apps.api.reading import KEY_HEADER
from apps.api.shapes.base import Schema
from apps.api.shapes.texts import VisibleAscii
from apps.core import errors
from apps.core.errors import Problem

EVERYWHERE: tuple[type[Problem], ...] = (
    errors.NotAuthenticated,
    errors.PermissionDenied,
    errors.ValidationError,
    errors.RateLimited,
    errors.InProgress,
    NotAcceptable,
    Unexpected,
)
WITH_BODY: tuple[type[Problem], ...] = (errors.TooLarge, UnsupportedMediaType)
_COMPONENTS: dict[str, Schema] = {}


def component(name: str, schema: Schema) -> Schema:
    """Put a schema among the description's components; answers the reference to it."""
    _COMPONENTS[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def record(**properties: Schema) -> Schema:
    """The schema of an answered object: all of its fields are always there, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


TOKENS: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{0,5}[1-9])?$", "examples": ["12.5"]}
"""An amount as answered: a decimal string without padding."""
INSTANT: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}

PROBLEM = component(
    "Problem",
    {
        "type": "object",
        "description": "RFC 9457. Some codes carry more: errors by field, a limit, a state.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": [kind.code for kind in known_problems()]},
            "detail": TEXT,
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": TEXT},
                "description": "sentences by field",
            },
        },
        "required": ["type", "title", "status", "code", "detail"],
        "examples": [
            {
                "type": "/api/v1/docs/problems#insufficient_tokens",
                "title": "Not enough tokens",
                "status": 402,
                "code": "insufficient_tokens",
                "detail": "12.5 tokens are missing in the wallet of user ada.",
            }
        ],
    },
)


class OperationSchema(AutoSchema):
    """Describes an endpoint's method by the `Operation` it was marked with."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any]:
        """The method's part of the description."""
        declared = operation_of(getattr(self.view, method.lower()))
        described: dict[str, Any] = {
            "operationId": declared.summary.lower().replace(" ", "_").replace("'", ""),
            "summary": declared.summary,
            "description": _description(declared),
            "tags": [declared.tag or path.removeprefix("/api/v1/").split("/")[0]],
            "security": [{"apiKey": []}],
            "parameters": list(_parameters(declared)),
            "responses": _responses(declared),
        }
        if declared.body is not None:
            body = component(declared.body.name, declared.body.schema())
            described["requestBody"] = {
                "required": not declared.body.may_be_empty,
                "content": {"application/json": {"schema": body}},
            }
        return described


def _description(declared: Operation) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in declared.scopes)
    return f"{declared.description}\n\nScope: {scopes}.".strip()


def _parameters(declared: Operation) -> Iterator[dict[str, Any]]:
    for name, shape in declared.path.items():
        yield {"name": name, "in": "path", "required": True, "schema": shape.schema()}
    schemas = declared.query.schema()["properties"]
    for name, field in declared.query.fields.items():
        yield {"name": name, "in": "query", "required": field.required, "schema": schemas[name]}
    if declared.rebuild is not None:
        yield {
            "name": KEY_HEADER,
            "in": "header",
            "required": True,
            "schema": VisibleAscii().schema(),
            "description": "Chosen by the caller; the request has its effect once per key.",
        }


def _responses(declared: Operation) -> dict[str, Any]:
    found = {str(status): _answer(declared, schema) for status, schema in declared.answers.items()}
    kinds = {*EVERYWHERE, *declared.problems}
    if declared.body is not None:
        kinds |= set(WITH_BODY)
    if declared.rebuild is not None:
        kinds.add(errors.IdempotencyConflict)
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.code)):
        by_status.setdefault(kind.status, []).append(kind)
    return found | {str(status): _refusal(kinds) for status, kinds in by_status.items()}


def _answer(declared: Operation, schema: Schema | None) -> dict[str, Any]:
    described: dict[str, Any] = {"description": declared.summary}
    if schema is not None:
        described["content"] = {"application/json": {"schema": schema}}
    if declared.rebuild is not None:
        described["headers"] = {
            "Idempotency-Replayed": {
                "description": "`true` where an earlier answer is repeated",
                "schema": {"type": "string", "enum": ["true"]},
            }
        }
    return described


def _refusal(kinds: list[type[Problem]]) -> dict[str, Any]:
    codes = ", ".join(f"`{kind.code}`" for kind in kinds)
    described: dict[str, Any] = {
        "description": f"{kinds[0].title} ({codes})" if len(kinds) == 1 else codes,
        "content": {MEDIA_TYPE: {"schema": PROBLEM}},
    }
    if kinds[0].status == 401:
        described["headers"] = {"WWW-Authenticate": {"schema": TEXT}}
    if kinds[0].status in (409, 429):
        described["headers"] = {"Retry-After": {"schema": TEXT, "description": "seconds"}}
    return described


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the schemas that operations refer to, and how a key is sent."""
    components = result.setdefault("components", {})
    components["schemas"] = dict(sorted(_COMPONENTS.items()))
    components["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "A key made by create_api_key."}
    }
    return result
