"""Reading requests, strictly: bodies are one JSON object, addresses carry known parameters once."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn

from django.http import HttpRequest, UnreadablePostError

from apps.api.problems import UnsupportedMediaType
from apps.api.shapes.base import Errors, Refused
from apps.api.shapes.objects import Fields
from apps.api.shapes.texts import VisibleAscii
from apps.core.errors import TooLarge, ValidationError

BODY = "body"
"""The name that problems of the whole body have among the errors."""
ERRORS = 100
"""So many errors are named at most."""
KEY_HEADER = "Idempotency-Key"


def read_body(request: HttpRequest, shape: Fields, *, limit: int) -> dict[str, Any]:
    """The body's values; ValidationError, TooLarge above the limit (bytes), UnsupportedMediaType.

    No body at all is an object without fields.
    """
    data = _bytes(request, limit)
    if data:
        _require_json(request)
    try:
        return shape.read(_parse(data) if data else {})
    except Refused as refused:
        raise invalid(refused.errors, BODY) from None


def read_query(request: HttpRequest, shape: Fields) -> dict[str, Any]:
    """The values of the address's parameters; each may be given once."""
    several = {name: ["Give it once."] for name, values in request.GET.lists() if len(values) > 1}
    if several:
        raise ValidationError(several)
    try:
        return shape.read(dict(request.GET.items()))
    except Refused as refused:
        raise invalid(refused.errors, "query") from None


def read_key(request: HttpRequest) -> str:
    """The request's idempotency key; ValidationError if it is missing or malformed."""
    try:
        return VisibleAscii().read(request.headers.get(KEY_HEADER))
    except Refused as refused:
        raise invalid(refused.errors, KEY_HEADER) from None


def invalid(errors: Errors, whole: str) -> ValidationError:
    """The errors as a problem; those of the value itself get a name."""
    named = {path or whole: texts for path, texts in islice(errors.items(), ERRORS)}
    return ValidationError(named)


def _require_json(request: HttpRequest) -> None:
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    if request.content_type != "application/json" or charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the body as application/json in UTF-8.")


def _bytes(request: HttpRequest, limit: int) -> bytes:
    """The body's bytes, at most one more than allowed; without a length the server knows its end."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        raise TooLarge(f"At most {limit} bytes are possible.")
    stream: Any = request
    if request.META.get("wsgi.input_terminated") and not request.META.get("CONTENT_LENGTH"):
        stream = request.META["wsgi.input"]
    try:
        data: bytes = stream.read(limit + 1)
    except UnreadablePostError:
        raise ValidationError({BODY: ["The body broke off."]}) from None
    if len(data) > limit:
        raise TooLarge(f"At most {limit} bytes are possible.")
    return data


def _parse(data: bytes) -> Any:
    try:
        return _DECODER.decode(data.decode())
    except UnicodeDecodeError:
        raise ValidationError({BODY: ["The body is not UTF-8."]}) from None
    except RecursionError:
        raise ValidationError({BODY: ["The body is nested too deeply."]}) from None
    except ValueError as error:
        raise ValidationError({BODY: [f"The body is not JSON: {error}"[:200]]}) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice")
    return found


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("a number is out of all bounds") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant, object_pairs_hook=_object)
