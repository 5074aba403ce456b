"""What one use of an operation costs: as a charge would be, by link and as typed; and presets."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import ValidationError
from apps.organisations.models import Organisation
from apps.pricing.models import Preset
from apps.pricing.presets import MOST, rename_preset, save_preset
from tests.portal.world import NOW, person

pytestmark = pytest.mark.usefixtures("campus")
ADDRESS = "/calculator/operations/"
IMAGE = {
    "book": "studio",
    "operation": "image",
    "model": "stable-diffusion",
    "quantity-image": "1",
    "option-resolution": "1024x1024",
    "option-steps": "50",
}


def ask(client: Client, query: dict[str, str]) -> str:
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def lines(text: str) -> list[tuple[str, str]]:
    slip = text[text.index('id="slip-title"') :]
    return re.findall(r"<dt>([^<]+)</dt><dd>(?:<b>)?([^<]+)<", slip[: slip.index("</section>")])


def test_a_link_answers_with_the_seeds_image(client: Client) -> None:
    found = lines(ask(client, IMAGE))
    assert found[:4] == [
        ("Image", "10"),
        ("Resolution 1024x1024 (+5)", "5"),
        ("Steps 50 (+2)", "2"),
        ("Tokens", "17"),
    ]
    assert ("Worth", "$0.17") in found


@pytest.mark.parametrize(
    ("changes", "tokens"),
    [
        ({"model": "flux", "option-resolution": "1024x1024"}, "40"),
        ({"model": "flux", "option-resolution": "2048x2048"}, "80"),
        ({"operation": "video", "model": "animatediff", "quantity-video": "1", "option-duration": "7"}, "60"),
        (
            {"operation": "video", "model": "animatediff", "quantity-video": "1", "option-duration": "12"},
            "80",
        ),
    ],
)
def test_the_seeds_other_numbers(client: Client, changes: dict[str, str], tokens: str) -> None:
    assert ("Tokens", tokens) in lines(ask(client, {"book": "studio", "operation": "image"} | changes))


def test_an_operation_begins_with_its_example(client: Client) -> None:
    assert ("Tokens", "17") in lines(ask(client, {"book": "studio", "operation": "image"}))


def test_cost_margin_exchange_and_token_price_are_shown(client: Client) -> None:
    text = ask(client, {"book": "campus", "operation": "live_session", "quantity-participant_minute": "720"})
    found = dict(lines(text))
    assert found["Provider's cost"] == "0.72 USD"
    assert found["Margin, 20 %"] == "0.144000 USD"
    assert found["Exchange rate"] == "1 EUR = 1.15 USD"
    assert found["Price of one token"] == "€0.01"
    assert "720 × 0.001, plus 20 %" in text


def test_the_same_work_is_compared_cheapest_first(client: Client) -> None:
    text = ask(client, IMAGE)
    models = re.findall(r'<th scope="row">(?:<a[^>]*>)?([a-z0-9-]+)<', text)
    assert models == ["stable-diffusion", "flux", "dall-e-3", "midjourney"]
    assert '<tr class="current" aria-current="true"><th scope="row">stable-diffusion' in text


def test_another_operation_in_the_form_begins_anew(client: Client) -> None:
    answer = client.get(ADDRESS, IMAGE | {"of": "image", "operation": "audio", "typed": "1"})
    sent = parse_qs(urlsplit(answer["Location"]).query)
    assert sent["operation"] == ["audio"]
    assert sent["model"] == ["musicgen"]
    assert "of" not in sent


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"quantity-image": "-1"}, "quantity-image", "not below zero"),
        ({"quantity-image": "NaN"}, "quantity-image", "Write a number"),
        ({"quantity-image": "1000000000000000000"}, "quantity-image", "too large"),
        ({"option-steps": "many"}, "option-steps", "Write a number"),
    ],
)
def test_bad_input_is_named_at_its_field(
    client: Client, changes: dict[str, str], field: str, problem: str
) -> None:
    text = ask(client, IMAGE | changes)
    assert problem in text[text.index(f'id="{field}-note"') :][:400]
    assert f'value="{changes[field]}"' in text
    assert "cannot be read" in text


@pytest.mark.parametrize(
    "change", [{"option-quality": "best"}, {"quantity-pages": "3"}, {"operation": "dance"}]
)
def test_what_an_operation_does_not_know_is_left_at_the_usual(client: Client, change: dict[str, str]) -> None:
    assert "Tokens" in dict(lines(ask(client, IMAGE | change)))


def test_an_unknown_model_is_said_to_be_unknown(client: Client) -> None:
    assert "There is no such model" in ask(client, IMAGE | {"model": "rembrandt"})


def test_an_unknown_price_book_is_not_found(client: Client) -> None:
    assert client.get(ADDRESS, {"book": "nowhere"}).status_code == 404


def test_nothing_used_is_nothing_charged(client: Client) -> None:
    assert "Nothing is used, so nothing is charged." in ask(client, IMAGE | {"quantity-image": "0"})


def test_it_takes_few_queries(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(15):
        ask(client, IMAGE)
    client.force_login(person("jonas"))
    with django_assert_max_num_queries(12):
        ask(client, IMAGE)


def keep(
    client: Client, name: str, query: str = "book=studio&operation=image&model=flux&quantity-image=2"
) -> str:
    return str(client.post("/calculator/presets/", {"name": name, "query": query})["Location"])


def test_a_preset_is_saved_once_and_opened_again(client: Client) -> None:
    client.force_login(person("jonas"))
    assert keep(client, "Covers") == keep(client, "Covers")
    preset = Preset.objects.get()
    assert (preset.model, preset.quantities) == ("flux", {"image": "2"})
    assert "Covers" in ask(client, {"book": "studio", "operation": "image"})
    assert ("Tokens", "40") in lines(html.unescape(client.get(keep(client, "Covers")).content.decode()))


def test_the_same_name_means_the_newer_calculation(client: Client) -> None:
    client.force_login(person("jonas"))
    keep(client, "Covers")
    keep(client, "Covers", "book=studio&operation=image&model=midjourney&quantity-image=1")
    assert Preset.objects.get().model == "midjourney"


def test_a_preset_is_renamed_and_deleted_and_twice_is_once(client: Client) -> None:
    client.force_login(person("jonas"))
    keep(client, "Covers")
    preset = Preset.objects.get()
    client.post(f"/calculator/presets/{preset.id}/rename/", {"name": "Posters"})
    assert Preset.objects.get().name == "Posters"
    for _ in range(2):
        assert client.post(f"/calculator/presets/{preset.id}/delete/").status_code == 302
    assert not Preset.objects.exists()


def test_somebody_elses_preset_does_not_exist(client: Client) -> None:
    client.force_login(person("jonas"))
    keep(client, "Covers")
    preset = Preset.objects.get()
    client.force_login(person("lotte"))
    assert "/rename/" not in ask(client, IMAGE)
    assert client.post(f"/calculator/presets/{preset.id}/rename/", {"name": "Mine"}).status_code == 404
    client.post(f"/calculator/presets/{preset.id}/delete/")
    assert Preset.objects.get().name == "Covers"


def test_strangers_are_sent_to_log_in_and_links_save_nothing(client: Client) -> None:
    assert keep(client, "Covers").startswith("/accounts/login/")
    client.force_login(person("jonas"))
    assert client.get("/calculator/presets/").status_code == 405
    assert not Preset.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_name_that_cannot_be_saves_nothing(client: Client, name: str) -> None:
    client.force_login(person("jonas"))
    keep(client, name)
    assert not Preset.objects.exists()


def test_a_wrong_calculation_cannot_be_kept(client: Client) -> None:
    client.force_login(person("jonas"))
    keep(client, "Covers", "book=studio&operation=image&model=flux&quantity-image=-2")
    assert client.post("/calculator/presets/", {"name": "a", "query": "book=nowhere"}).status_code == 404
    assert not Preset.objects.exists()


def test_presets_have_a_limit_and_names_are_taken_once(campus: Organisation) -> None:
    jonas = person("jonas")

    def save(name: str) -> Preset:
        return save_preset(
            user=jonas,
            name=name,
            price_book="studio",
            operation="image",
            model="flux",
            quantities={"image": "1"},
            options={},
            at=NOW,
        )

    made = [save(f"preset {number}") for number in range(MOST)]
    with pytest.raises(ValidationError, match="already"):
        save("one more")
    assert save("preset 3").pk == made[3].pk
    with pytest.raises(ValidationError, match="another preset"):
        rename_preset(user=jonas, preset_id=made[0].pk, name="preset 1")
