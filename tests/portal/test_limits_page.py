"""The page of limits: who comes closest to which rule, and what was granted on top of it."""

from __future__ import annotations

from apps.allocations.models import LimitRequest
from apps.allocations.requests import LimitName, ask_for_more, decide_request
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.limits_page.page import LimitsPage, RuleLine, load_limits_page
from tests.portal.world import BEFORE, NOW, person


def _page(campus: Organisation) -> LimitsPage:
    shell = load_shell(person("mira"), NOW, "lindenhof")
    assert shell.here is not None
    return load_limits_page(campus, shell.here, shell, number=1)


def _line(page: LimitsPage, kind: str, key: str = "") -> RuleLine:
    return next(line for line in (*page.rules, *page.own) if (line.type, line.key) == (kind, key))


def _of_lotte(campus: Organisation, tokens: int | None) -> None:
    change = LimitChange(SubjectRef("member", "lotte"), "week", tokens)
    set_limits(organisation=campus, changes=[change], actor="tests", at=BEFORE)


def test_a_role_names_who_comes_closest_to_its_own_limit_only(campus: Organisation) -> None:
    assert _line(_page(campus), "role", "teacher").words == "Closest: Lotte Maes"
    _of_lotte(campus, MICRO)
    page = _page(campus)
    assert page.reached == 1
    assert _line(page, "role", "teacher").words == ""


def test_what_was_granted_until_the_period_ends_stands_beside_the_limit(campus: Organisation) -> None:
    ask_for_more(
        organisation=campus,
        user=person("lotte"),
        name=LimitName(SubjectRef("member", "lotte"), "week"),
        tokens=40 * MICRO,
        reason="Exams",
        at=NOW,
    )
    decide_request(
        organisation=campus,
        request_id=LimitRequest.objects.get(state="open", user=person("lotte")).pk,
        answer="granted",
        tokens=None,
        word="",
        actor="tests",
        at=NOW,
    )
    assert [cell.text for cell in _line(_page(campus), "member", "lotte").cells] == ["–", "+40", "–", "–"]
    _of_lotte(campus, 5 * MICRO)
    texts = [cell.text for cell in _line(_page(campus), "member", "lotte").cells]
    assert texts == ["–", "5", "–", "–"]
