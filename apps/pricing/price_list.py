"""Reading the community's list of provider prices (LiteLLM's model_prices_and_context_window.json).

Numbers are read as decimal text, never as floats, and kept to 18 decimals, half-even. A malformed
file, or a negative price, is refused as a whole; the message says where.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from apps.pricing.exact import decimal_text
from apps.pricing.file_tables import PriceFileError
from apps.pricing.provider_prices import split_tier

SAMPLE = "sample_spec"
LARGEST = Decimal(10**9)
"""No unit costs more US dollars than this."""

_READ = re.compile(
    r"(input|output)_cost_per_(token|image|second|character)|input_cost_per_query|cache_(read|creation)_input_token_cost"
)
_DESCRIPTIONS = ("mode", "litellm_provider")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of the list: `prices` by field, decimal text in US dollars per unit."""

    name: str
    mode: str
    provider: str
    prices: dict[str, str]


@dataclass(frozen=True, slots=True)
class PriceList:
    """All models of the list, how often each field was ignored, and how many had `tiered_pricing`."""

    models: tuple[ListedModel, ...]
    ignored: Counter[str]
    tiered: int


def read_price_list(path: Path) -> PriceList:
    """Read and check a file; PriceFileError names file, line, model and field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PriceFileError(f"{path.name}: cannot be read: {error}") from error
    return parse_price_list(text, path.name)


def parse_price_list(text: str, name: str) -> PriceList:
    """Check a list's text; PriceFileError names file, line, model and field."""
    content = _load(text, name)
    ignored: Counter[str] = Counter()
    models = []
    for model, entry in content.items():
        if model == SAMPLE:
            continue
        try:
            models.append(_model(model, entry, ignored))
        except _At as error:
            line = _line(text, model, error.field)
            place = f"{name}, line {line}, {model!r}" + (f", {error.field}" if error.field else "")
            raise PriceFileError(f"{place}: {error.message}") from None
    tiered = ignored.pop("tiered_pricing", 0)
    return PriceList(tuple(models), ignored, tiered)


class _At(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        content = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_repeats,
        )
    except json.JSONDecodeError as error:
        raise PriceFileError(f"{name}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise PriceFileError(f"{name}: {error}") from None
    if not isinstance(content, dict):
        raise PriceFileError(f"{name}, line 1: must be an object of models.")
    return content


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number.")


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"{repeated!r} appears twice.")
    return found


def _model(name: str, entry: Any, ignored: Counter[str]) -> ListedModel:
    if not name or len(name) > 200 or not name.isprintable():
        raise _At("", "a model's name has 1 to 200 printable characters.")
    if not isinstance(entry, Mapping):
        raise _At("", "must be an object.")
    prices = {}
    for field, value in entry.items():
        if _READ.fullmatch(split_tier(field)[0]):
            if value is not None:
                prices[field] = _price(field, value)
        elif field not in _DESCRIPTIONS:
            ignored[field] += 1
    mode, provider = (_description(entry, field) for field in _DESCRIPTIONS)
    return ListedModel(name, mode, provider, prices)


def _description(entry: Mapping[str, Any], field: str) -> str:
    value = entry.get(field) or ""
    if not isinstance(value, str) or len(value) > 120 or not value.isprintable():
        raise _At(field, "must be a short text.")
    return value


def _price(field: str, value: Any) -> str:
    if not isinstance(value, Decimal):
        raise _At(field, "must be a number.")
    if value < 0:
        raise _At(field, f"{value} is negative.")
    if value > LARGEST:
        raise _At(field, "is absurdly large.")
    return decimal_text(value)


def _line(text: str, model: str, field: str) -> int:
    """On which line a model, or one of its fields, stands; 1 where it is written in an unusual way."""
    start = text.find(json.dumps(model, ensure_ascii=False) + ":")
    if start < 0:
        return 1
    place = text.find(f'"{field}"', start) if field else start
    return text.count("\n", 0, max(place, start)) + 1
