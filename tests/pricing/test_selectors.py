from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import NoPrice, NotFound, ValidationError
from apps.pricing.models import CatalogueRevision, ExchangeRate
from apps.pricing.price_list import parse_price_list
from apps.pricing.selectors import find_rate, get_rate, open_catalogue, price_book_codes, rate_card
from apps.pricing.services import import_model_prices
from tests.pricing.conftest import AT

pytestmark = pytest.mark.usefixtures("catalogue")


def test_price_books_are_listed_in_order() -> None:
    assert price_book_codes() == ("campus", "school", "studio")


def test_an_unknown_operation_or_book_is_not_found() -> None:
    for book, operation in (("campus", "image"), ("nowhere", "chat"), ("campus", "\x00")):
        with pytest.raises(NotFound):
            find_rate(price_book=book, operation=operation, model=None, at=AT)


@pytest.mark.parametrize(
    ("operation", "model"),
    [
        ("chat", None),
        ("chat", ""),
        ("chat", "nobody"),
        ("chat", "a\x00b"),
        ("chat", "\ud800"),
        ("query", "gpt-4o-mini"),
    ],
)
def test_a_model_that_is_unknown_missing_or_superfluous_is_invalid(operation: str, model: str | None) -> None:
    with pytest.raises(ValidationError) as raised:
        find_rate(price_book="campus", operation=operation, model=model, at=AT)
    assert list(raised.value.errors) == ["model"]


def test_before_the_first_version_only_late_events_have_a_price() -> None:
    early = datetime(2019, 12, 31, tzinfo=UTC)
    with pytest.raises(NoPrice):
        find_rate(price_book="campus", operation="query", model=None, at=early)
    rate = find_rate(price_book="campus", operation="query", model=None, at=early, allow_before_first=True)
    assert rate == find_rate(price_book="campus", operation="query", model=None, at=AT)


def test_a_known_rate_costs_one_query_and_none_within_a_batch(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    find_rate(price_book="campus", operation="chat", model="gpt-4o-mini", at=AT)
    with django_assert_num_queries(1):
        find_rate(price_book="campus", operation="chat", model="gpt-4o-mini", at=AT)
    with django_assert_num_queries(1):
        catalogue = open_catalogue()
        for _ in range(3):
            catalogue.find_rate(price_book="campus", operation="chat", model="gpt-4o-mini", at=AT)


def publish_a_price_of(price: int, at: datetime) -> None:
    text = (
        f'{{"gpt-4o-mini": {{"mode": "chat", "input_cost_per_token": {price}, "output_cost_per_token": 1}}}}'
    )
    import_model_prices(price_list=parse_price_list(text, "x"), at=at, actor="tests")


def input_cost(at: datetime) -> str | None:
    return (
        find_rate(price_book="school", operation="chat", model="gpt-4o-mini", at=at)
        .components[0]
        .base.base_cost
    )


def test_a_published_version_counts_at_once_and_a_rolled_back_one_never() -> None:
    at = AT + timedelta(hours=1)
    assert input_cost(at) == "0.00000015"
    with transaction.atomic():
        publish_a_price_of(7, at)
        assert input_cost(at) == "7"
        transaction.set_rollback(True)
    assert input_cost(at) == "0.00000015"
    publish_a_price_of(8, at)
    assert input_cost(at) == "8"


def test_another_process_is_noticed_by_its_token() -> None:
    before = open_catalogue()
    assert open_catalogue() is before
    CatalogueRevision.objects.update(token=uuid4())
    assert open_catalogue() is not before


def test_a_hold_keeps_its_version_and_exchange_rate() -> None:
    held = find_rate(price_book="campus", operation="chat", model="gpt-4o-mini", at=AT)
    publish_a_price_of(9, AT + timedelta(hours=1))
    assert get_rate(version_id=held.version_id, exchange_rate_id=held.exchange_rate_id) == held
    with pytest.raises(NotFound):
        get_rate(version_id=0, exchange_rate_id=None)
    with pytest.raises(NotFound):
        get_rate(version_id=held.version_id, exchange_rate_id=ExchangeRate.objects.order_by("pk")[0].pk + 99)


def test_the_rate_card_shows_every_operation_with_unit_prices_and_options() -> None:
    card = rate_card(price_book="studio", at=AT)
    assert [operation.code for operation in card.operations] == [
        "chat",
        "embedding",
        "image",
        "video",
        "audio",
    ]
    image = card.operations[2]
    assert [(model.model, model.prices[0].tokens) for model in image.models] == [
        ("stable-diffusion", "10"),
        ("dall-e-3", "25"),
        ("flux", "20"),
        ("midjourney", "30"),
    ]
    assert image.models[0].description == "Basic open-source model"
    steps = image.models[0].options[2]
    assert [(value.value, value.below, value.factor) for value in steps.values] == [
        ("0", "50", "+0"),
        ("50", None, "+2"),
    ]
    assert [option.name for option in image.models[1].options] == ["resolution", "quality"]


def test_token_prices_are_shown_per_million_with_base_cost_and_margin() -> None:
    card = rate_card(price_book="campus", at=AT)
    assert card.exchanges == ("1 EUR = 1.15 USD",)
    assert card.token_price == "0.01"
    chat = next(operation for operation in card.operations if operation.code == "chat")
    gemini = next(model for model in chat.models if model.model == "gemini-2.5-pro")
    first, above = gemini.prices[:2]
    # 1.25 $ × 1.2 ÷ 1.15 ÷ 0.01 € = 130.434782…
    assert (first.per, first.base_cost, first.currency, first.tokens) == (10**6, "1.25", "USD", "130.434783")
    assert (above.above, above.base_cost, above.tokens) == ("200000", "2.5", "260.869565")
    assert gemini.margin == "20"


def test_the_examples_of_the_seed_are_worked_through() -> None:
    card = rate_card(price_book="campus", at=AT)
    costs = {example.code: example.tokens for operation in card.operations for example in operation.examples}
    assert costs["average_conversation"] == "19"
    # 720 × 0.001 $ × 1.2 ÷ 1.15 ÷ 0.01 €
    assert costs["hour_with_twelve"] == "75.130435"
    assert {"five_messages", "new_module", "research_request"} <= costs.keys()
    assert all(costs.values())


def test_a_rate_card_is_kept_until_prices_change() -> None:
    card = rate_card(price_book="school", at=AT)
    assert rate_card(price_book="school", at=AT + timedelta(days=1)) is card
    publish_a_price_of(9, AT + timedelta(hours=1))
    now = rate_card(price_book="school", at=AT)
    assert now == card
    later = rate_card(price_book="school", at=AT + timedelta(hours=1))
    assert later != card


def test_an_unknown_price_book_has_no_rate_card() -> None:
    with pytest.raises(NotFound):
        rate_card(price_book="nowhere", at=AT)
