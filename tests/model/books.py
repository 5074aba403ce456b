"""Price books for the model: prices so plain that both sides can work them out in the head."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.pricing.price_book_file import parse_price_book
from apps.pricing.services import load_price_book

_OPERATION = """
[operations.{code}]
name = "{code}"
category = "ai"
description = "Whole tokens per unit"
units = ["token", "pair"]
tokens = {{ token = 1, pair = 2 }}
{flags}
"""
_BOOK = """
code = "{code}"
name = "{code}"
currency = "EUR"
cost_currency = "EUR"
token_price = 0.01
effective_from = 2020-01-01T00:00:00Z
minimum_purchase = 2
maximum_purchase = 1_000_000
scheme = "discount"
refundable = false

[categories]
ai = "AI"
"""
OPERATIONS = {"unit": "", "start": "minimum_balance = 50", "recap": "once_per_activity = true"}
BOOKS = ("alpha", "beta")


def load_books() -> None:
    """Two books with the same operations: `unit`, `start` (50 tokens needed), `recap` (once an activity)."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    for code in BOOKS:
        operations = [_OPERATION.format(code=name, flags=flags) for name, flags in OPERATIONS.items()]
        text = _BOOK.format(code=code) + "".join(operations)
        load_price_book(book=parse_price_book(text, f"{code}.toml"), at=at, actor="test")
