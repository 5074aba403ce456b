"""The frame of every call: who, what shape, one service, one answer.

An endpoint is a class with a method per HTTP method, each marked with `operation`, which says what comes in
(`path`, `query`, `body`), what goes out (`answers`, `problems`) and who may (`scopes`)::

    class Credits(Endpoint):
        @operation(summary="Credit tokens", scopes=(CREDITS,), body=CREDIT, answers={201: CREDITED},
                   problems=(NotFound,), rebuild=credit_as_it_is)
        def post(self, call: Call) -> Answer:
            number = credit_wallet(..., at=call.at)
            return Answer(201, {...}, made=("credit", str(number)))

The method gets a `Call` with validated values (see `apps.api.shapes`), answers an `Answer`, and raises a
`Problem` where something stands against it. With `rebuild` the call needs an Idempotency-Key and runs in
the transaction of that key (`apps.api.idempotency`): it must not open one that commits by itself, and its
services join in through `atomically`. `rebuild` makes the answer's body from the object's id when the
stored one has been emptied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from apps.api import problems
from apps.api.authentication import Caller, authenticate
from apps.api.calls import Answer, Call, Operation, Refusal, operation_of
from apps.api.idempotency import carry_out_once, is_busy
from apps.api.problems import MethodNotAllowed, NotAcceptable, Unexpected
from apps.api.reading import invalid, read_body, read_key, read_query
from apps.api.schema import OperationSchema
from apps.api.shapes.base import Refused
from apps.core.errors import InProgress, NotFound, PermissionDenied, Problem

log = structlog.get_logger("scrip.api")


class Endpoint(APIView):
    """One address of the API. The REST framework describes it; the frame here carries requests out."""

    schema = OperationSchema()
    http_method_names = ["get", "head", "post", "put", "delete"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Carry the request out; whatever goes wrong is answered as a problem."""
        try:
            return _response(self._carry_out(request, kwargs))
        except Problem as problem:
            return problems.response(problem)
        except OperationalError as error:
            if not is_busy(error):
                return _unexpected(error)
            return problems.response(InProgress("Others are at work here. Try again in a moment."))
        except Exception as error:
            return _unexpected(error)

    def _carry_out(self, request: HttpRequest, path: Mapping[str, str]) -> Answer:
        caller, at = authenticate(request)
        method = self._method(request)
        declared = operation_of(method)
        caller.require(declared.scopes)
        if not (request.accepts("application/json") or request.accepts(problems.MEDIA_TYPE)):
            raise NotAcceptable("Accept application/json.")
        call = _call(request, path, caller, at, declared)
        if caller.organisation:
            _stay_inside(call, declared)
        try:
            return self._run(call, method, declared)
        except Problem as problem:
            self.refused(call, problem)
            raise

    def _run(self, call: Call, method: Callable[[Call], Answer | Refusal], declared: Operation) -> Answer:
        if declared.rebuild is None:
            return _settled(method(call))
        return carry_out_once(call, method, key=read_key(call.request), rebuild=declared.rebuild)

    def refused(self, call: Call, problem: Problem) -> None:
        """Called after a refusal, when what the call wrote has been rolled back."""

    def _method(self, request: HttpRequest) -> Callable[[Call], Answer | Refusal]:
        name = (request.method or "").lower()
        method = getattr(self, name, None) if name in self.http_method_names else None
        if method is None:
            raise MethodNotAllowed(f"{request.method} is not possible here.", allowed=self.allowed_methods)
        found: Callable[[Call], Answer | Refusal] = method
        return found


def _stay_inside(call: Call, declared: Operation) -> None:
    """An organisation's own key reads that organisation: PermissionDenied for what is no organisation's,
    NotFound for another one's."""
    named = declared.reads(call) if declared.reads else None
    if named is None:
        raise PermissionDenied("This key reads what its own organisation holds, and changes nothing.")
    if named != call.caller.organisation:
        raise NotFound(f"There is no organisation {named} for this key.")


def _call(
    request: HttpRequest, path: Mapping[str, str], caller: Caller, at: datetime, declared: Operation
) -> Call:
    """The request's values; ValidationError names what is wrong with them."""
    return Call(
        caller=caller,
        at=at,
        path={name: _from_path(name, text, declared) for name, text in path.items()},
        query=read_query(request, declared.query),
        body=read_body(request, declared.body, limit=declared.body_limit) if declared.body else {},
        request=request,
    )


def _from_path(name: str, text: str, declared: Operation) -> Any:
    try:
        return declared.path[name].read(text)
    except Refused as refused:
        raise invalid(refused.errors, name) from None


def _settled(result: Answer | Refusal) -> Answer:
    if isinstance(result, Refusal):
        raise result.problem
    return result


def _response(answer: Answer) -> HttpResponse:
    empty = answer.body is None and answer.text is None
    response = HttpResponse(
        b"" if empty else answer.content(), status=answer.status, content_type="application/json"
    )
    if empty:
        del response["Content-Type"]
    for name, value in answer.headers.items():
        response[name] = value
    return response


def _unexpected(error: Exception) -> HttpResponse:
    log.error("unexpected", exc_info=error, broken_connection=isinstance(error, InterfaceError))
    return problems.response(Unexpected("It has been noted. Try again; the same key makes that safe."))
