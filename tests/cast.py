"""The people, organisations, prices and programs that tests are about, made by the services.

`campus` is a small price book in euros: `page` costs 1 token, `image` 10 tokens (×2 in high quality, +2 from
50 steps), `lesson` 5 tokens once per activity, `session` 3 tokens a minute with a minimum balance of 30,
`draft` 20 with one of 100 (it counts as a generation).
`studio` has the same operations in dollars. A new user has the 200 free tokens of a learner.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.allocations.alerts import admit_member
from apps.allocations.rules import SubjectRef, set_funding
from apps.allocations.services import Item, allocate
from apps.core.units import MICRO, parse_quantity, parse_tokens
from apps.identity.models import User
from apps.identity.scopes import SCOPES
from apps.identity.services import Author, create_api_client, create_api_key
from apps.organisations.models import Organisation
from apps.pricing.price_book_file import parse_price_book
from apps.pricing.services import load_price_book
from apps.wallets.services import credit_wallet, sync_organisation, sync_user

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""A Monday noon, long enough after the first prices."""
LEARNER = 200
"""The monthly free tokens of a new user."""

BOOK = """
code = "{code}"
name = "{name}"
currency = "{currency}"
token_price = 0.01
effective_from = 2020-01-01T00:00:00Z
minimum_purchase = 2
maximum_purchase = 1_000_000
scheme = "discount"
refundable = false
cost_currency = "{currency}"
tiers = [ {{ from = 10, percent = 5 }} ]

[categories]
ai = "AI"

[operations.page]
name = "Page"
category = "ai"
description = "A page"
units = ["page"]
tokens = {{ page = 1 }}

[operations.image]
name = "Image"
category = "ai"
description = "An image"
units = ["image"]

[operations.image.models.flux]
tokens = {{ image = 10 }}

[[operations.image.options]]
name = "quality"
effect = "multiply"
values = {{ standard = 1, high = 2 }}

[[operations.image.options]]
name = "steps"
effect = "add"
bands = {{ 0 = 0, 50 = 2 }}

[operations.lesson]
name = "Lesson"
category = "ai"
description = "A lesson's summary"
units = ["lesson"]
tokens = {{ lesson = 5 }}
once_per_activity = true

[operations.session]
name = "Session"
category = "ai"
description = "Live minutes"
units = ["minute"]
tokens = {{ minute = 3 }}
minimum_balance = 30

[operations.draft]
name = "Draft"
category = "ai"
description = "A generated lesson"
units = ["draft"]
tokens = {{ draft = 20 }}
minimum_balance = 100
counts_as_generation = true
"""


def load_prices() -> None:
    """The books `campus` and `studio`."""
    for code, currency in (("campus", "EUR"), ("studio", "USD")):
        text = BOOK.format(code=code, name=code.title(), currency=currency)
        load_price_book(book=parse_price_book(text, f"{code}.toml"), at=AT, actor="tests")


def a_user(key: str, *, credit: str = "0", at: datetime = AT, **fields: Any) -> User:
    """A user with the free tokens of a learner and so many purchased ones."""
    user = sync_user(key=key, fields={"name": key.title(), **fields}, at=at).wallet.user
    assert user is not None
    _credit("user", key, credit, at)
    return user


def an_organisation(key: str, *, credit: str = "0", at: datetime = AT, **fields: Any) -> Organisation:
    """An organisation with so many purchased tokens."""
    sync_organisation(key=key, fields={"name": key.title(), **fields}, at=at)
    _credit("organisation", key, credit, at)
    return Organisation.objects.get(platform_id=key)


def _credit(owner_type: str, key: str, tokens: str, at: datetime) -> None:
    if micro := parse_tokens(tokens):
        credit_wallet(
            owner_type=owner_type,
            key=key,
            tokens=micro,
            kind="migration",
            reason="",
            actor="tests",
            at=at,
        )


def a_member(organisation: Organisation, key: str, *, role: str = "member", at: datetime = AT) -> User:
    """A member of the organisation, made if there is no such user."""
    user = User.objects.filter(platform_id=key).first() or a_user(key, at=at)
    admit_member(organisation=organisation, user=user, role=role, actor="tests", at=at)
    return user


def pays(organisation: Organisation, mode: str, percent: int = 0, *, at: datetime = AT) -> None:
    """Let the organisation pay for its members by this mode and coverage percent."""
    set_funding(
        organisation=organisation,
        subject=SubjectRef("organisation"),
        mode=mode,
        micro_percent=percent * MICRO,
        actor="tests",
        at=at,
    )


def give(organisation: Organisation, user: str, tokens: str, *, at: datetime = AT) -> None:
    """Allocate tokens to a member."""
    items = [Item(user, parse_tokens(tokens))]
    allocate(organisation=organisation, items=items, note="", actor="tests", at=at)


def units(**amounts: int | str) -> dict[str, int]:
    """Quantities as the services take them: ``units(page=3)``."""
    return {unit: parse_quantity(amount) for unit, amount in amounts.items()}


def an_api_key(*, name: str = "platform", scopes: tuple[str, ...] = SCOPES, at: datetime = AT) -> str:
    """A key of an API client."""
    by = Author("tests")
    client = create_api_client(name=name, at=at, by=by)
    return create_api_key(client=client, scopes=scopes, at=at, by=by)[1]


_numbers = itertools.count(1)


@dataclass(slots=True)
class Platform:
    """A program of the learning platform: calls the API with its key, a fresh idempotency key each time."""

    secret: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> HttpResponse:
        answer: Any = self.client.get(f"/api/v1/{path}", query, headers=self._headers({}))
        return _plain(answer)

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> HttpResponse:
        """POST the body as JSON (bytes as they are); `key=None` sends no idempotency key."""
        if key is not None:
            headers["Idempotency-Key"] = key or f"key-{next(_numbers)}"
        return self._send("post", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self._send("put", path, body, headers)

    def delete(self, path: str) -> HttpResponse:
        answer: Any = self.client.delete(f"/api/v1/{path}", headers=self._headers({}))
        return _plain(answer)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        send = getattr(self.client, method)
        answer: HttpResponse = send(
            f"/api/v1/{path}", data, content_type="application/json", headers=self._headers(headers)
        )
        return answer

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", **more}


def _plain(answer: HttpResponse) -> HttpResponse:
    return answer


def body_of(answer: HttpResponse) -> Any:
    """The answer's JSON."""
    return json.loads(answer.content)
