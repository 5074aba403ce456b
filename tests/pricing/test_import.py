from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.errors import InvalidState, NoPrice, ValidationError
from apps.pricing.models import ProviderModel, RateVersion
from apps.pricing.price_list import PriceList, parse_price_list
from apps.pricing.selectors import find_rate, get_rate
from apps.pricing.services import ImportReport, declare_free, import_model_prices
from tests.pricing.conftest import AT

pytestmark = pytest.mark.usefixtures("catalogue")
LATER = AT + timedelta(hours=1)


def a_list(**models: dict[str, Any]) -> PriceList:
    return parse_price_list(
        json.dumps({name.replace("__", "-"): entry for name, entry in models.items()}), "x"
    )


def a_chat(price: float | int = 1, **fields: Any) -> dict[str, Any]:
    return {"mode": "chat", "input_cost_per_token": price, "output_cost_per_token": 2, **fields}


def take(models: PriceList, hours: int = 1) -> ImportReport:
    return import_model_prices(price_list=models, at=AT + timedelta(hours=hours), actor="tests")


def input_cost(model: str, hours: int) -> str | None:
    rate = find_rate(price_book="school", operation="chat", model=model, at=AT + timedelta(hours=hours))
    return rate.components[0].base.base_cost


def test_a_new_model_gets_a_rate_in_every_book_from_now() -> None:
    report = take(a_list(fresh=a_chat()))
    assert (report.new, report.changed, report.unchanged) == (1, 0, 0)
    assert {(item.price_book, item.first) for item in report.published} == {
        ("campus", True),
        ("school", True),
        ("studio", True),
    }
    assert input_cost("fresh", 1) == "1"
    with pytest.raises(NoPrice):
        input_cost("fresh", 0)


def test_an_unchanged_price_gets_no_new_version() -> None:
    take(a_list(fresh=a_chat()))
    report = take(a_list(fresh=a_chat(max_tokens=7)), hours=2)
    assert (report.unchanged, report.published) == (1, ())


def test_a_changed_price_holds_from_now_and_never_backwards() -> None:
    take(a_list(fresh=a_chat()))
    old = find_rate(price_book="school", operation="chat", model="fresh", at=LATER)
    report = take(a_list(fresh=a_chat(3)), hours=2)
    assert report.changes == (("fresh", "input_cost_per_token", "1", "3"),)
    assert (input_cost("fresh", 1), input_cost("fresh", 2)) == ("1", "3")
    assert get_rate(version_id=old.version_id, exchange_rate_id=None) == old


def test_a_version_cannot_begin_before_the_one_in_force() -> None:
    take(a_list(fresh=a_chat()))
    with pytest.raises(InvalidState):
        take(a_list(fresh=a_chat(3)), hours=1)
    with pytest.raises(InvalidState):
        take(a_list(fresh=a_chat(3)), hours=0)


def test_a_model_without_a_price_cannot_be_charged_until_staff_say_it_is_free() -> None:
    report = take(a_list(fresh={"mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0}))
    assert report.not_chargeable == 1
    with pytest.raises(NoPrice):
        input_cost("fresh", 1)
    declare_free(
        price_book="school", operation="chat", model="fresh", at=AT + timedelta(hours=2), actor="ann"
    )
    assert input_cost("fresh", 2) == "0"
    with pytest.raises(NoPrice):
        find_rate(price_book="campus", operation="chat", model="fresh", at=AT + timedelta(hours=2))
    take(a_list(fresh={"mode": "chat", "input_cost_per_token": 0, "supports_vision": True}), hours=3)
    assert input_cost("fresh", 3) == "0"
    take(a_list(fresh=a_chat(5)), hours=4)
    assert input_cost("fresh", 4) == "5"


def test_a_model_that_loses_its_price_is_no_longer_chargeable() -> None:
    take(a_list(fresh=a_chat()))
    take(a_list(fresh={"mode": "chat"}), hours=2)
    assert input_cost("fresh", 1) == "1"
    with pytest.raises(NoPrice):
        input_cost("fresh", 2)


def test_a_model_that_changes_its_mode_moves_to_the_other_operation() -> None:
    take(a_list(fresh=a_chat()))
    take(a_list(fresh={"mode": "embedding", "input_cost_per_token": 4}), hours=2)
    with pytest.raises(NoPrice):
        input_cost("fresh", 2)
    at = AT + timedelta(hours=2)
    rate = find_rate(price_book="school", operation="embedding", model="fresh", at=at)
    assert rate.components[0].base.base_cost == "4"


def test_models_that_are_no_longer_listed_keep_their_price() -> None:
    take(a_list(fresh=a_chat()))
    take(a_list(other=a_chat()), hours=2)
    assert input_cost("fresh", 2) == "1"


def test_operations_that_follow_a_model_follow_its_price() -> None:
    report = take(a_list(claude__sonnet__4__6=a_chat(7)))
    followers = {item.operation for item in report.published} - {"chat"}
    assert followers == {
        "module_generation",
        "research",
        "lesson_generation",
        "exercise_generation",
        "session_recap",
    }
    lesson = find_rate(price_book="school", operation="lesson_generation", model=None, at=LATER)
    assert lesson.components[0].base.base_cost == "7"
    module = find_rate(price_book="campus", operation="module_generation", model=None, at=LATER)
    assert module.components[4].base.base_cost == "0.005"


def test_other_prices_are_kept_although_no_operation_uses_them() -> None:
    take(a_list(painter={"mode": "image_generation", "output_cost_per_image": 0.04}))
    assert ProviderModel.objects.get(name="painter").prices == {"output_cost_per_image": "0.04"}
    with pytest.raises(ValidationError):
        input_cost("painter", 1)


def write(path: Path, content: object) -> Path:
    file = path / "prices.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_a_dry_run_shows_the_changes_and_stores_nothing(tmp_path: Path) -> None:
    before = RateVersion.objects.count()
    out = StringIO()
    file = write(tmp_path, {"gpt-4o-mini": a_chat(9, batches=1), "fresh": a_chat()})
    call_command("import_model_prices", file, "--dry-run", stdout=out)
    assert "gpt-4o-mini: input_cost_per_token 0.00000015 -> 9" in out.getvalue()
    assert "1 new, 1 changed, 0 unchanged; 0 not chargeable" in out.getvalue()
    assert "1 values of 1 unknown fields, 0 tiered_pricing lists" in out.getvalue()
    assert "Dry run: nothing was stored." in out.getvalue()
    assert RateVersion.objects.count() == before
    assert not ProviderModel.objects.filter(name="fresh").exists()


def test_a_negative_price_changes_nothing_and_says_where(tmp_path: Path) -> None:
    before = RateVersion.objects.count()
    file = write(tmp_path, {"fresh": a_chat(), "bad": a_chat(-1)})
    with pytest.raises(CommandError, match=r"line 1, 'bad', input_cost_per_token: -1 is negative"):
        call_command("import_model_prices", file)
    assert RateVersion.objects.count() == before
    assert not ProviderModel.objects.filter(name="fresh").exists()


def test_a_start_can_be_chosen(tmp_path: Path) -> None:
    call_command(
        "import_model_prices",
        write(tmp_path, {"fresh": a_chat()}),
        "--effective-from",
        "2026-11-02T15:00:00+01:00",
        stdout=StringIO(),
    )
    assert input_cost("fresh", 2) == "1"
    with pytest.raises(NoPrice):
        input_cost("fresh", 1)


def test_a_start_must_be_an_instant(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no ISO 8601 instant"):
        call_command("import_model_prices", write(tmp_path, {}), "--effective-from", "soon")


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_model_prices", tmp_path / "nothing.json")
