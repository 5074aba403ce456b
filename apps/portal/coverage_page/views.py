"""The page on which it is said who pays: for everybody, for a role, for a member; with the effect first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.allocations.audience import Audience, candidates
from apps.allocations.limits import LimitRule, for_person
from apps.allocations.models import FundingRule
from apps.allocations.rules import SubjectRef, funding_of, remove_funding, set_funding
from apps.allocations.selectors import rules_of
from apps.core.csv_files import Number, csv_text
from apps.core.errors import Problem
from apps.core.units import MICRO, format_tokens
from apps.organisations.models import Organisation, Role
from apps.portal.allocations_page.typed import read_lines
from apps.portal.coverage_page.words import coverage_sentence, mode_text
from apps.portal.fields import TokensField
from apps.portal.members_page.people import ROLES
from apps.portal.usage_page.views import file_answer
from apps.portal.working import actor_of, complain, decider, reader

MOST = 500


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as it stands: whom it is about, what it says; `type` and `key` name it to be changed."""

    type: str
    key: str
    name: str
    words: str


class CoverageForm(forms.Form):
    """Who pays for whom."""

    whom = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=(
            ("organisation", gettext_lazy("Everybody")),
            ("role", gettext_lazy("A role")),
            ("member", gettext_lazy("A member")),
        ),
        widget=forms.RadioSelect,
        initial="organisation",
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[(role.value, gettext_lazy(name)) for role, name in ROLES.items()],
        required=False,
    )
    member = forms.CharField(
        label=gettext_lazy("Member"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("E-mail, id or name."),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Who pays"),
        choices=(
            ("member_wallets", gettext_lazy("Members, with coverage")),
            ("shared_pool", gettext_lazy("The organisation pays all")),
            ("as-above", gettext_lazy("As for everybody else")),
        ),
        widget=forms.RadioSelect,
        initial="member_wallets",
    )
    percent = TokensField(label=gettext_lazy("Percent covered"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        percent = cleaned.get("percent")
        asks_percent = cleaned.get("mode") == "member_wallets" and "percent" not in self.errors
        if asks_percent and (percent is None or percent > 100 * MICRO):
            self.add_error("percent", _("Between 0 and 100."))
        if cleaned.get("mode") == "as-above" and cleaned.get("whom") == "organisation":
            self.add_error("mode", _("There has to be a rule for everybody."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the rules, POST shows the effect of another one and then makes it so."""
    holding, shell, organisation = decider(request, slug)
    rules = rules_of(organisation.pk)
    form, effect, names = CoverageForm(initial=_begun(request)), None, _names(organisation)
    if request.method == "POST":
        form = CoverageForm(request.POST)
        if form.is_valid() and (subject := _subject(form, organisation, shell.at)):
            before = funding_of(organisation, subject)
            after, held = _after(form, organisation, subject), _limits(subject, rules, organisation)
            who = _who(subject, names, organisation)
            effect = {
                "who": who,
                "before": mode_text(before),
                "after": mode_text(after),
                "sentence": coverage_sentence(who, holding.name, after, held),
            }
            if request.POST.get("step") == "confirm":
                try:
                    _save(form, organisation, subject, actor_of(reader(request)), shell.at)
                except Problem as refused:
                    complain(form, refused)
                else:
                    messages.success(request, effect["sentence"])
                    return redirect("coverage", slug)
    said = FundingRule.objects.filter(organisation=organisation)
    lines = _lines(list(said.order_by("subject_type", "subject_key")[:MOST]), names)
    everybody = SubjectRef("organisation")
    whole, held = funding_of(organisation, everybody), _limits(everybody, rules, organisation)
    context = {
        "holding": holding,
        "form": form,
        "effect": None if form.errors else effect,
        "lines": lines,
        "whole": mode_text(whole),
        "sentence": coverage_sentence(_("a member"), holding.name, whole, held),
    }
    return render(request, "portal/coverage.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def coverage_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every rule on who pays, as a file."""
    holding, _shell, organisation = decider(request, slug)
    rules = FundingRule.objects.filter(organisation=organisation).order_by("subject_type", "subject_key")
    names = _names(organisation)
    head = (_("Applies to"), _("Name"), _("Id"), _("Who pays"), _("Percent covered"))
    lines = [
        (
            rule.subject_type,
            _name(rule, names),
            rule.subject_key,
            rule.mode,
            Number(format_tokens(rule.coverage_micro_percent)),
        )
        for rule in rules
    ]
    return file_answer(f"coverage-{holding.slug}.csv", csv_text(head, lines))


def _begun(request: HttpRequest) -> dict[str, str]:
    """What a link to the form says."""
    asked = {name: request.GET.get(name, "")[:254] for name in ("whom", "role", "member")}
    return {name: value for name, value in asked.items() if value}


def _names(organisation: Organisation) -> dict[str, str]:
    keys = FundingRule.objects.filter(organisation=organisation, subject_type="member").values("subject_key")
    members = organisation.memberships.filter(user__platform_id__in=keys).select_related("user")
    return {member.user.platform_id: str(member.user) for member in members}


def _subject(form: CoverageForm, organisation: Organisation, at: Any) -> SubjectRef | None:
    """Who is meant; None with the reason in the form."""
    cleaned = form.cleaned_data
    if cleaned["whom"] == "organisation":
        return SubjectRef("organisation")
    if cleaned["whom"] == "role":
        if cleaned["role"] not in Role.values:
            form.add_error("role", _("Which role?"))
            return None
        return SubjectRef("role", cleaned["role"])
    members = candidates(organisation, Audience("all"), at=at)
    lines = read_lines(cleaned["member"], members, with_amounts=False)
    if len(lines) != 1 or lines[0].problem:
        form.add_error("member", lines[0].problem if lines else _("Which member?"))
        return None
    return SubjectRef("member", lines[0].key)


def _after(form: CoverageForm, organisation: Organisation, subject: SubjectRef) -> FundingRule:
    """The rule that would hold."""
    cleaned = form.cleaned_data
    if cleaned["mode"] == "as-above":
        above = {"member": "role", "role": "organisation"}
        without = FundingRule.objects.filter(organisation=organisation).exclude(
            subject_type=subject.type, subject_key=subject.key
        )
        wanted = [("organisation", "")]
        if above[subject.type] == "role":
            member = organisation.memberships.filter(user__platform_id=subject.key, ended_at=None).first()
            wanted.insert(0, ("role", member.role if member else ""))
        kept = {(rule.subject_type, rule.subject_key): rule for rule in without}
        return next((kept[key] for key in wanted if key in kept), FundingRule(mode="member_wallets"))
    covered = 0 if cleaned["mode"] == "shared_pool" else cleaned["percent"] or 0
    return FundingRule(mode=cleaned["mode"], coverage_micro_percent=covered)


def _limits(
    subject: SubjectRef, rules: Sequence[LimitRule], organisation: Organisation
) -> Sequence[LimitRule]:
    """The limits on what the organisation pays for a member, for one with a role, or for anybody."""
    if subject.type != "member":
        return for_person(rules, member="", role=subject.key)
    member = organisation.memberships.filter(user__platform_id=subject.key, ended_at=None).first()
    return for_person(rules, member=subject.key, role=member.role if member else "")


def _save(form: CoverageForm, organisation: Organisation, subject: SubjectRef, actor: str, at: Any) -> None:
    cleaned = form.cleaned_data
    if cleaned["mode"] == "as-above":
        remove_funding(organisation=organisation, subject=subject, actor=actor, at=at)
        return
    set_funding(
        organisation=organisation,
        subject=subject,
        mode=cleaned["mode"],
        micro_percent=cleaned["percent"] or 0,
        actor=actor,
        at=at,
    )


def _who(subject: SubjectRef, names: dict[str, str], organisation: Organisation) -> str:
    if subject.type == "organisation":
        return _("a member")
    if subject.type == "role":
        return _("somebody with the role %(role)s") % {"role": _(ROLES[Role(subject.key)])}
    if subject.key in names:
        return names[subject.key]
    member = organisation.memberships.filter(user__platform_id=subject.key).select_related("user").first()
    return str(member.user) if member else subject.key


def _lines(rules: list[FundingRule], names: dict[str, str]) -> list[RuleLine]:
    order = {"organisation": 0, "role": 1, "member": 2}
    return [
        RuleLine(rule.subject_type, rule.subject_key, _name(rule, names), mode_text(rule))
        for rule in sorted(rules, key=lambda rule: (order.get(rule.subject_type, 9), rule.subject_key))
    ]


def _name(rule: FundingRule, names: dict[str, str]) -> str:
    if rule.subject_type == "organisation":
        return _("Everybody")
    if rule.subject_type == "role":
        return _("Role %(role)s") % {"role": _(ROLES[Role(rule.subject_key)])}
    return names.get(rule.subject_key, rule.subject_key)
