"""The budget page: the effect is shown first, saved once confirmed, and only by whom it concerns."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from apps.allocations.models import LimitRequest, PersonalBudget, SpendingTotal
from apps.core.errors import LimitReached
from apps.core.figures import figure
from apps.core.units import MICRO, parse_tokens
from apps.identity.models import AuditRecord
from apps.organisations.models import Organisation
from apps.portal.amounts import read_amount
from apps.portal.budget_page.effects import AlertEffect, BudgetEffect
from apps.portal.usage_page.shares import most_of
from apps.portal.wallet_page.pace import days_left
from apps.usage.denials import record_denials
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest
from apps.wallets.models import Wallet
from tests.portal.world import BEFORE, NOW, add_person, person, spend
from tests.usage.charging import limit

BUDGET, ALERT = "/budget/", "/orgs/lindenhof/alert/"
MORE = "/budget/more/"


def _wallet(key: str) -> Wallet:
    return Wallet.objects.get(owner_key=key)


def test_a_teacher_sees_what_is_left_and_when_it_resets(client: Client, campus: Organisation) -> None:
    client.force_login(person("lotte"))
    text = client.get(BUDGET).content.decode()
    assert "Campus Lindenhof, per week" in text
    assert "of 300" in text
    assert "Mira Okafor" in text


def test_asking_shows_the_effect_and_changes_nothing(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    text = client.get(f"{BUDGET}?set=budget&tokens=400&then=stop").content.decode()
    assert "Set the budget to 400" in text
    assert PersonalBudget.objects.get(user__platform_id="jonas").tokens_micro == 1500 * MICRO


def test_confirming_saves_and_says_so_once(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    for _again in range(2):
        answer = client.post(BUDGET, {"set": "budget", "tokens": "400", "then": "stop"})
        assert answer["Location"] == BUDGET
    budget = PersonalBudget.objects.get(user__platform_id="jonas")
    assert (budget.tokens_micro, budget.blocks) == (400 * MICRO, True)
    assert AuditRecord.objects.filter(action="budget.set", actor="user:jonas").count() == 1
    assert "Your personal budget is 400 tokens a month." in client.get(BUDGET).content.decode()


def test_a_budget_is_taken_away(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    assert "Take the budget away" in client.get(f"{BUDGET}?set=no-budget").content.decode()
    client.post(BUDGET, {"set": "no-budget"})
    assert not PersonalBudget.objects.filter(user__platform_id="jonas").exists()


@pytest.mark.parametrize("typed", ["", "-1", "abc", "1e5", "NaN", "9" * 30, "1.1234567", "500"])
@pytest.mark.parametrize("what", ["budget", "alert"])
def test_what_is_no_amount_keeps_what_was_typed(
    client: Client, campus: Organisation, typed: str, what: str
) -> None:
    client.force_login(person("bruno"))
    then = "maybe" if typed == "500" and what == "budget" else "stop"
    answer = client.post(BUDGET, {"set": what, "tokens": typed, "then": then})
    if typed == "500" and what == "alert":
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not PersonalBudget.objects.filter(user__platform_id="bruno").exists()
    assert _wallet("bruno").alert_below_micro is None


def test_an_alert_shows_while_less_is_available(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    assert "You asked to be told" not in client.get("/wallet/").content.decode()
    client.post(BUDGET, {"set": "alert", "tokens": "1,000,000"})
    assert _wallet("jonas").alert_below_micro == 1_000_000 * MICRO
    assert "Less than 1,000,000 tokens are available" in client.get("/wallet/").content.decode()
    client.post(BUDGET, {"set": "no-alert"})
    assert "You asked to be told" not in client.get("/wallet/").content.decode()
    records = AuditRecord.objects.filter(action="alert.set", subject="user:jonas").order_by("pk")
    assert [record.after for record in records] == [{"below": "1000000"}, None]


@pytest.mark.parametrize(("key", "status"), [("mira", 200), ("bruno", 403), ("lotte", 404), ("jonas", 404)])
def test_an_organisations_alert_is_for_owners_and_admins(
    client: Client, campus: Organisation, key: str, status: int
) -> None:
    client.force_login(person(key))
    assert client.get(ALERT).status_code == status
    answer = client.post(ALERT, {"set": "alert", "tokens": "70000"})
    assert answer.status_code == (302 if status == 200 else status)
    assert (_wallet("lindenhof").alert_below_micro is not None) is (status == 200)


def test_those_who_read_an_organisations_money_see_its_alert(client: Client, campus: Organisation) -> None:
    client.force_login(person("mira"))
    client.post(ALERT, {"set": "alert", "tokens": "70000"})
    client.force_login(person("bruno"))
    text = client.get("/orgs/lindenhof/").content.decode()
    assert "Less than 70,000 tokens are available" in text
    assert ALERT not in text


@pytest.mark.parametrize(
    ("period", "note", "is_charted"),
    [
        ("day", "paid today", False),
        ("week", "paid this week", True),
        ("month", "paid this month", True),
        ("total", "has paid in total", False),
    ],
)
def test_what_the_tightest_limit_went_on_is_shown(
    client: Client, campus: Organisation, period: str, note: str, is_charted: bool
) -> None:
    _lift_own_limits(campus)
    limit(campus, "member lotte", period, "5000", at=BEFORE)
    client.force_login(person("lotte"))
    text = client.get(BUDGET).content.decode()
    assert note in text
    assert 'class="bars"' in text
    assert ("You are likely to end near" in text) is is_charted


def test_more_operations_than_are_named_are_added_up_in_one_row() -> None:
    rows = [(str(number), 10 - number) for number in range(8)]
    assert most_of(rows) == [*rows[:5], ("All others", 5 + 4 + 3)]
    assert most_of(rows[:6]) == rows[:6]


def test_without_limits_the_page_says_what_is_available(client: Client, campus: Organisation) -> None:
    client.force_login(add_person("nora", "Nora Blank"))
    assert "No limit holds for you" in client.get(BUDGET).content.decode()


@pytest.mark.parametrize(
    ("after", "blocks", "left", "words"),
    [
        (500, True, 300, "When it is reached"),
        (100, True, 0, "It is reached at once"),
        (100, False, 0, "Nothing stops there"),
        (None, True, None, "Nothing but your balance"),
    ],
)
def test_the_effect_of_a_budget_is_said(
    after: int | None, blocks: bool, left: int | None, words: str
) -> None:
    effect = BudgetEffect(None, after, blocks, 200, "soon")
    assert effect.left == left
    assert effect.sentence.startswith(words)


def test_the_effect_of_an_alert_is_said() -> None:
    assert "at once" in AlertEffect(None, 5 * MICRO, 4 * MICRO).sentence
    assert "nothing to tell yet" in AlertEffect(None, 5 * MICRO, 5 * MICRO).sentence


@pytest.mark.parametrize(
    ("language", "typed", "tokens"),
    [
        ("en", "1,650.5", "1650.5"),
        ("en", " 1 650 ", "1650"),
        ("de", "1.650,5", "1650.5"),
        ("de", "1.650", "1650"),
        ("de", "12,5", "12.5"),
    ],
)
def test_amounts_are_read_as_the_reader_writes_them(language: str, typed: str, tokens: str) -> None:
    with translation.override(language):
        assert read_amount(typed) == parse_tokens(tokens)


@pytest.mark.parametrize(
    ("language", "typed"), [("de", "12.5"), ("en", "12,5"), ("en", "1,2,3"), ("en", "١٢")]
)
def test_an_amount_that_could_mean_two_things_is_not_guessed(language: str, typed: str) -> None:
    with (
        translation.override(language),
        pytest.raises(ValueError, match=r"Write a number|Schreiben Sie eine Zahl"),
    ):
        read_amount(typed)


@pytest.mark.parametrize(
    ("available", "spent", "days", "left"),
    [
        (90, 140, 14, 9),
        (1, 140, 14, 0),
        (0, 5, 14, None),
        (9, 0, 14, None),
        (9, -3, 14, None),
        (9, 9, 1, None),
    ],
)
def test_tokens_last_as_long_as_the_pace_says(
    available: int, spent: int, days: int, left: int | None
) -> None:
    assert days_left(available, spent, days) == left


def test_the_wallet_page_says_how_long_it_lasts(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    assert "At the pace of the last 14 days this lasts" in client.get("/wallet/").content.decode()


def _refused(key: str, *, cost_centre: str | None = None) -> str:
    """Somebody wants more than a limit lets through; whose limit it was."""
    asked = ChargeRequest(
        user=key,
        operation="live_session",
        quantities={"participant_minute": 40_000 * MICRO},
        organisation="lindenhof",
        cost_centre=cost_centre,
        capture=True,
    )
    with pytest.raises(LimitReached) as refused:
        create_charge(asked, client_id=None, at=NOW)
    record_denials([(asked, refused.value)], client_name="tests", at=NOW)
    subject: str = refused.value.extra["limit"]["subject"]["type"]
    return subject


def _lift_own_limits(campus: Organisation) -> None:
    for subject, period in (("members", "month"), ("role teacher", "week")):
        limit(campus, subject, period, None, at=BEFORE)


def test_a_limit_of_everybody_together_is_not_denied(client: Client, campus: Organisation) -> None:
    _lift_own_limits(campus)
    asked = {"organisation": "lindenhof", "period": "day", "about": "organisation"}
    client.force_login(person("lotte"))
    text = client.get(BUDGET).content.decode()
    assert "No limit of your own holds for you" in text
    assert "Campus Lindenhof: a limit holds for what everybody there spends together" in text
    assert "2,000" not in text
    assert client.get(MORE, asked).status_code == 404


def test_who_is_stopped_by_the_organisations_limit_asks_for_more_of_it(
    client: Client, campus: Organisation
) -> None:
    _lift_own_limits(campus)
    limit(campus, "member lotte", "day", "50000", at=BEFORE)
    assert _refused("lotte") == "organisation"
    spend("jonas", "search", 20, NOW)
    client.force_login(person("lotte"))
    text = client.get(BUDGET).content.decode()
    spent = figure(SpendingTotal.objects.get(subject_type="organisation", day=NOW.date()).spent_micro)
    assert "Campus Lindenhof, everybody together, per day" in text
    assert "of 2,000 per day were spent when it stopped you" in text
    assert f"{spent} of 2,000" not in text  # what others have spent since is not told
    asked = {"organisation": "lindenhof", "period": "day", "about": "organisation", "centre": ""}
    assert client.get(MORE, asked).status_code == 200
    assert client.post(MORE, {**asked, "tokens": "900", "reason": "Exams"}).status_code == 302
    assert LimitRequest.objects.get().subject_type == "organisation"
    text = client.get(BUDGET).content.decode()
    assert "You have asked for more. Your request is waiting for a decision." in text
    assert 'id="exceeded"' not in text


def test_who_is_stopped_by_a_cost_centres_limit_asks_for_more_of_it(
    client: Client, campus: Organisation
) -> None:
    _lift_own_limits(campus)
    assert _refused("lotte", cost_centre="statistics") == "cost_centre"
    client.force_login(person("lotte"))
    assert "Campus Lindenhof, all for Statistics I, per month" in client.get(BUDGET).content.decode()
    asked = {"organisation": "lindenhof", "period": "month", "about": "cost_centre", "centre": "statistics"}
    client.post(MORE, {**asked, "tokens": "900", "reason": "Exams"})
    assert LimitRequest.objects.get().subject_key == "statistics"
    client.force_login(person("mira"))
    title = "900 more, Campus Lindenhof, all for Statistics I, per month"
    assert title in client.get("/orgs/lindenhof/members/lotte/").content.decode()
    client.force_login(person("lotte"))
    assert "Campus Lindenhof, all for Statistics I, per month" in client.get(BUDGET).content.decode()


def test_a_limit_that_was_raised_since_stops_nobody_any_more(client: Client, campus: Organisation) -> None:
    _lift_own_limits(campus)
    _refused("lotte")
    limit(campus, "organisation", "day", "9000", at=NOW)
    client.force_login(person("lotte"))
    assert "Budget exceeded" not in client.get(BUDGET).content.decode()


def test_a_page_takes_at_most_fifteen_queries(
    campus: Organisation, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    _refused("lotte", cost_centre="statistics")
    for key in ("jonas", "lotte"):
        client.force_login(person(key))
        with django_assert_max_num_queries(15):
            client.get(f"{BUDGET}?set=budget&tokens=5&then=stop")
