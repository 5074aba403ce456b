"""Logs: one JSON object a line, each with the id of its request, without secrets."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_KEYS = re.compile(r"authorization|cookie|password|secret|api_?key|credential|session", re.IGNORECASE)
SECRET_TEXTS = re.compile(
    r"(Bearer\s+|scrip_(?=\S{30})|/password/reset/key/\w+-(?!set-password)|/confirm-email/(?=\w))[^\s/\"']+",
    re.IGNORECASE,
)
"""API keys, and the addresses in mails that let somebody set a password or confirm an address."""
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger("scrip.request")


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Blank what is named like a secret, and keys and one-time addresses in any text."""
    for key, value in event.items():
        if SECRET_KEYS.search(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = SECRET_TEXTS.sub(r"\1…", value)
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_secrets,
]


def config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Set structlog up and answer Django's LOGGING, so that both kinds of logger write alike."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": line_processors(as_json=as_json),
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django.server": {"handlers": ["stderr"], "level": level, "propagate": False}},
    }


def line_processors(*, as_json: bool) -> list[Processor]:
    """What makes one line of an event: JSON, or words for a person at a terminal."""
    line: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, line]


class RequestLog:
    """Give each request an id (the caller's `X-Request-ID` when it is one) and log its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            self._write(request, response, began)
        response["X-Request-ID"] = request_id
        return response

    def _write(self, request: HttpRequest, response: HttpResponse, began: float) -> None:
        quiet = request.path in ("/healthz", "/readyz") and response.status_code < 400
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.monotonic() - began) * 1000, 1),
        )
