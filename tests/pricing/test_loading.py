from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from apps.core.errors import InvalidState, NoPrice, NotFound
from apps.pricing.file_tables import PriceFileError
from apps.pricing.models import (
    CatalogueRevision,
    Example,
    ExchangeRate,
    Operation,
    Package,
    RateVersion,
    VolumeTier,
)
from apps.pricing.price_book_file import parse_price_book, shipped_path
from apps.pricing.selectors import find_rate
from apps.pricing.services import (
    LoadReport,
    declare_free,
    load_price_book,
    load_shipped_catalogue,
    set_exchange_rate,
)
from tests.pricing.conftest import AT, MODELS

SCHOOL = shipped_path("school").read_text(encoding="utf-8")
STUDIO = shipped_path("studio").read_text(encoding="utf-8")


def load(text: str, hours: int = 1) -> LoadReport:
    book = parse_price_book(text, "book.toml")
    return load_price_book(book=book, at=AT + timedelta(hours=hours), actor="tests")


def cover_tokens(hours: int) -> int:
    at = AT + timedelta(hours=hours)
    rate = find_rate(price_book="school", operation="cover_image", model=None, at=at)
    return rate.price({"image": 1_000_000}, {}).micro


def test_loading_again_changes_nothing(catalogue: None) -> None:
    versions = RateVersion.objects.count()
    token = CatalogueRevision.objects.get().token
    imported, reports = load_shipped_catalogue(at=AT, actor="tests", only_models=MODELS)
    assert imported.unchanged == len(MODELS)
    assert all(report.is_empty for report in reports)
    assert RateVersion.objects.count() == versions
    assert CatalogueRevision.objects.get().token == token


def test_what_staff_edited_survives_loading_again(catalogue: None) -> None:
    VolumeTier.objects.filter(price_book="school", from_minor=5000).update(micro_percent=6_000_000)
    Example.objects.filter(code="exercise").update(name="Ours")
    assert load(SCHOOL).is_empty
    assert VolumeTier.objects.get(price_book="school", from_minor=5000).micro_percent == 6_000_000
    assert Example.objects.get(code="exercise").name == "Ours"


def test_a_changed_price_holds_from_the_load_on(catalogue: None) -> None:
    report = load(SCHOOL.replace("tokens = { image = 25 }", "tokens = { image = 30 }"))
    assert [(item.operation, item.first) for item in report.published] == [("cover_image", False)]
    assert (cover_tokens(0), cover_tokens(1)) == (25_000_000, 30_000_000)


def test_a_changed_margin_gives_every_model_a_new_version(catalogue: None) -> None:
    chat, _, rest = SCHOOL.partition("margin = 20")
    report = load(f"{chat}margin = 25{rest}")
    assert {item.operation for item in report.published} == {"chat"}
    assert len(report.published) == Operation.objects.get(price_book="school", code="chat").rates.count()


def test_an_operation_that_is_no_longer_named_stops_being_chargeable(catalogue: None) -> None:
    start = SCHOOL.index("[operations.cover_image]")
    load(SCHOOL[:start] + SCHOOL[SCHOOL.index("[operations.writing_assessment]") :])
    assert cover_tokens(0) == 25_000_000
    with pytest.raises(NoPrice):
        cover_tokens(1)
    load(SCHOOL, hours=2)
    assert cover_tokens(2) == 25_000_000


def test_a_model_that_is_no_longer_named_stops_being_chargeable(catalogue: None) -> None:
    start = STUDIO.index("[operations.audio.models.tts]")
    load(STUDIO[:start] + STUDIO[STUDIO.index('[[operations.audio.options]]\nname = "duration"') :])
    with pytest.raises(NoPrice):
        find_rate(price_book="studio", operation="audio", model="tts", at=AT + timedelta(hours=1))


def test_a_model_declared_free_stays_free_when_the_margin_changes(catalogue: None) -> None:
    model = "twelvelabs.marengo-embed-2-7-v1:0"
    declare_free(price_book="school", operation="embedding", model=model, at=AT, actor="ann")
    load(SCHOOL.replace("margin = 20", "margin = 25"))
    at = AT + timedelta(hours=1)
    assert (
        find_rate(price_book="school", operation="embedding", model=model, at=at).components[0].base.margin
        == "25"
    )


def test_currency_and_token_price_are_fixed(catalogue: None) -> None:
    with pytest.raises(InvalidState, match="token_price of the price book school is fixed"):
        load(SCHOOL.replace("token_price = 0.01", "token_price = 0.02"))
    with pytest.raises(InvalidState, match="currency"):
        load(SCHOOL.replace('currency = "USD"', 'currency = "EUR"', 1))


def test_schemes_and_packages_are_rows(catalogue: None) -> None:
    campus = VolumeTier.objects.filter(price_book="campus").values_list("from_minor", "micro_percent")
    assert list(campus) == [
        (1_000, 5_000_000),
        (5_000, 10_000_000),
        (10_000, 15_000_000),
        (50_000, 20_000_000),
        (100_000, 25_000_000),
        (500_000, 30_000_000),
    ]
    assert list(Package.objects.values_list("code", "tokens_micro", "price_minor")) == [
        ("starter", 500_000_000, 500),
        ("maker", 2_000_000_000, 1_900),
        ("team", 5_000_000_000, 4_500),
        ("studio", 20_000_000_000, 16_000),
    ]


def test_a_new_exchange_rate_counts_from_its_date(catalogue: None) -> None:
    day = date(2026, 12, 1)
    set_exchange_rate(base="EUR", quote="USD", value="1.20", effective_on=day, at=AT)
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    find = [
        find_rate(price_book="campus", operation="integration", model=None, at=at).exchange
        for at in (AT, midnight - timedelta(microseconds=1), midnight)
    ]
    assert find == ["1 EUR = 1.15 USD", "1 EUR = 1.15 USD", "1 EUR = 1.2 USD"]


def test_an_exchange_rate_never_counts_backwards(catalogue: None) -> None:
    with pytest.raises(InvalidState):
        set_exchange_rate(base="EUR", quote="USD", value="1.2", effective_on=date(2026, 11, 1), at=AT)


def test_published_prices_cannot_be_changed_or_deleted(catalogue: None) -> None:
    for table in (RateVersion, ExchangeRate):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.objects.filter(pk=table.objects.order_by("pk")[0].pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        RateVersion.objects.update(published_by="nobody")


def test_an_operation_whose_set_model_is_unknown_cannot_be_charged(db: None) -> None:
    load(SCHOOL)
    with pytest.raises(NoPrice):
        find_rate(price_book="school", operation="lesson_generation", model=None, at=AT + timedelta(hours=1))
    with pytest.raises(NotFound):
        find_rate(price_book="studio", operation="image", model="flux", at=AT)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (
            "tokens = { image = 25 }",
            "tokens = { image = -25 }",
            "operations.cover_image.tokens.image: must be",
        ),
        (
            "tokens = { image = 25 }",
            "tokens = { image = nan }",
            "operations.cover_image.tokens.image: must be",
        ),
        (
            "tokens = { image = 25 }",
            "tokens = { image = true }",
            "operations.cover_image.tokens.image: must be",
        ),
        ("tokens = { image = 25 }", "tokens = { picture = 25 }", "picture is none of the units image"),
        ("tokens = { image = 25 }", "", "operations.cover_image.units: image has no price"),
        ("tokens = { image = 25 }", "token = { image = 25 }", "image has no price"),
        (
            'category = "sessions"',
            'category = "nothing"',
            "operations.session_recap.category: must be one of",
        ),
        ("minimum_balance = 100", 'minimum_balance = "a lot"', "minimum_balance: must be a number"),
        ("minimum_balance = 100", "minimum_ballance = 100", "minimum_ballance: unknown key"),
        ("refundable = true", 'refundable = "yes"', "line 12, refundable: must be true or false"),
        ("percent = 7.5", "percent = 5", "tiers must rise strictly"),
        ("from = 100,", "from = 50,", "tiers must rise strictly"),
        ("minimum_purchase = 5", "minimum_purchase = 5.001", "minimum_purchase: has more than 2 decimals"),
        ("minimum_purchase = 5", "minimum_purchase = 0", "line 9, minimum_purchase"),
        (
            "effective_from = 2020-01-01T00:00:00Z",
            "effective_from = 2020-01-01",
            "effective_from: must be an instant",
        ),
        ('name = "School"', "", "name: is missing"),
        ('name = "School"', "name = 5", "line 5, name: must be text"),
        ('name = "School"', "name = [", "book.toml: "),
        ("live = 2.5 }", "live = 2.5 }\ndefault = 'phone'", "options[0].default: must be one of the values"),
        (
            "quantities = { image = 1 }",
            "quantities = { page = 1 }",
            "examples[0].quantities: page must be a unit",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_key_and_line(old: str, new: str, where: str) -> None:
    assert old in SCHOOL
    with pytest.raises(PriceFileError) as raised:
        parse_price_book(SCHOOL.replace(old, new, 1), "book.toml")
    assert str(raised.value).startswith("book.toml")
    assert where in str(raised.value)


def test_bands_must_rise() -> None:
    with pytest.raises(PriceFileError, match="lower bounds must rise strictly"):
        parse_price_book(
            STUDIO.replace("bands = { 0 = 0, 50 = 2 }", "bands = { 50 = 0, 0 = 2 }"), "book.toml"
        )


def test_the_command_loads_a_file_and_a_dry_run_does_not(db: None, tmp_path: Path) -> None:
    out = StringIO()
    path = shipped_path("studio")
    call_command("load_price_book", path, "--dry-run", stdout=out)
    assert "studio image: 4 new rates" in out.getvalue()
    assert not RateVersion.objects.exists()
    call_command("load_price_book", path, stdout=out)
    assert RateVersion.objects.count() == 10
    call_command("load_price_book", path, stdout=out)
    assert "studio: unchanged." in out.getvalue()


def test_the_command_says_what_is_wrong(db: None, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("code = 5")
    with pytest.raises(CommandError, match=r"mine\.toml, line 1, code: must be text in quotes"):
        call_command("load_price_book", file)
    with pytest.raises(CommandError, match="Give a FILE or --shipped"):
        call_command("load_price_book")
