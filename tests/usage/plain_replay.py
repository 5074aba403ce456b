"""What a trace costs, worked out from its file and the provider's price list alone, in fractions.

`python -m tests.usage.plain_replay` prints it for the whole trace. Rules: pricing.md, "From cost to tokens".
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

APPS = Path(__file__).resolve().parent.parent.parent / "apps"
TRACE = APPS / "usage" / "traces" / "llm_trace.csv.gz"
PRICES = APPS / "pricing" / "catalogue" / "model_prices.json"
MARGIN = Fraction(120, 100)
USD_OF_A_TOKEN = {"studio": Fraction(1, 100), "campus": Fraction(1, 100) * Fraction("1.15")}
"""A campus token costs 0.01 euro, and a euro 1.15 dollars."""


def trace_lines(limit: int | None = None) -> Iterator[tuple[int, int]]:
    """Tokens read and written of each request."""
    with gzip.open(TRACE, "rt") as file:
        next(file)
        for line in islice(file, limit):
            _, context, generated = line.strip().split(",")
            yield int(context), int(generated)


def cost_in_micro_tokens(book: str, model: str, limit: int | None = None) -> int:
    """The sum over the trace; each line of a breakdown is rounded by itself, halves away from zero."""
    prices = json.loads(PRICES.read_text(), parse_float=str)[model]
    per_token = [
        Fraction(prices[name]) * MARGIN / USD_OF_A_TOKEN[book] * 1_000_000
        for name in ("input_cost_per_token", "output_cost_per_token")
    ]
    return sum(
        int(amount * each + Fraction(1, 2))
        for amounts in trace_lines(limit)
        for amount, each in zip(amounts, per_token, strict=True)
    )


if __name__ == "__main__":
    for book in USD_OF_A_TOKEN:
        sys.stdout.write(f"{book}: {cost_in_micro_tokens(book, 'gpt-4o-mini')} micro-tokens\n")
