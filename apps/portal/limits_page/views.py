"""The limits' page, and setting a limit for one subject or for many members at once, effect first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.allocations.audience import Audience, candidates
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.csv_files import Number, csv_text
from apps.core.errors import Problem
from apps.core.periods import PERIODS
from apps.core.units import LARGEST, format_tokens
from apps.organisations.models import CostCentre, Organisation, Role
from apps.portal.allocations_page.typed import Line, read_lines
from apps.portal.amounts import typed_amount
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.fields import PeopleField, TokensField
from apps.portal.limits_page.page import limit_of, load_limits_page
from apps.portal.members_page.people import ROLES
from apps.portal.paging import page_number
from apps.portal.usage_page.views import file_answer
from apps.portal.working import actor_of, complain, decider, reader

SHOWN = 12


@require_safe
@login_required
def organisation_limits(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules, who is near one, and limits of single members."""
    holding, shell, organisation = decider(request, slug)
    page = load_limits_page(organisation, holding, shell, number=page_number(request.GET.dict()))
    return render(request, "portal/limits.html", {"page": page})


@require_safe
@login_required
def limits_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every limit that is set, as a file."""
    holding, _shell, organisation = decider(request, slug)
    rows = organisation.spending_limits.order_by("subject_type", "subject_key", "period")
    head = (_("Applies to"), _("Id"), _("Period"), _("Tokens"))
    lines = [
        (
            row.subject_type,
            row.subject_key,
            row.period,
            _("no limit") if row.tokens_micro is None else Number(format_tokens(row.tokens_micro)),
        )
        for row in rows
    ]
    return file_answer(f"limits-{holding.slug}.csv", csv_text(head, lines))


class LimitForm(forms.Form):
    """A limit for one subject, or for several members."""

    whom = forms.ChoiceField(label=gettext_lazy("For whom"), widget=forms.RadioSelect, initial="members")
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    centre = forms.ChoiceField(label=gettext_lazy("Cost centre"), required=False)
    people = PeopleField(help_text=gettext_lazy("By e-mail, id or name."))
    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[(period, gettext_lazy(PERIOD_WORDS[period])) for period in PERIODS],
        widget=forms.RadioSelect,
        initial="month",
    )
    what = forms.ChoiceField(
        label=gettext_lazy("What holds"),
        choices=(
            ("cap", gettext_lazy("At most")),
            ("none", gettext_lazy("Explicitly no limit")),
            ("remove", gettext_lazy("Nothing of its own")),
        ),
        widget=forms.RadioSelect,
        initial="cap",
    )
    tokens = TokensField(label=gettext_lazy("Tokens"), required=False)

    def __init__(self, organisation: Organisation, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        centres = list(
            CostCentre.objects.filter(organisation=organisation)
            .order_by("name")
            .values_list("platform_id", "name")
        )
        whom = [
            ("organisation", _("The organisation")),
            ("members", _("Members, by default")),
            ("role", _("A role")),
            ("member", _("Some members")),
        ]
        if centres:
            whom.append(("cost_centre", _("A cost centre")))
        for name, choices in (
            ("whom", whom),
            ("role", [(role.value, _(text)) for role, text in ROLES.items()]),
            ("centre", centres),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("what") == "cap" and "tokens" not in self.errors:
            tokens = cleaned.get("tokens")
            if tokens is None:
                self.add_error("tokens", _("How many tokens? 0 lets nothing be spent."))
            elif tokens > LARGEST:
                self.add_error("tokens", _("At most 1000000000000 tokens are possible."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Change:
    """What would change for one subject, in words."""

    name: str
    before: str
    after: str


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def set_limit(request: HttpRequest, slug: str) -> HttpResponse:
    """A form, what it would change, and on confirmation the limit."""
    holding, shell, organisation = decider(request, slug)
    form = LimitForm(organisation, initial=_begun(request, organisation, shell.at))
    changes: list[Change] = []
    wrong: list[Line] = []
    if request.method == "POST":
        form = LimitForm(organisation, request.POST)
        if form.is_valid():
            subjects, wrong = _subjects(form, organisation, shell.at)
            if wrong:
                form.add_error("people", _("Some lines mean nobody, see below."))
            elif not form.errors:
                changes = _changes(form, organisation, subjects)
                if request.POST.get("step") == "confirm":
                    try:
                        _save(form, organisation, [subject for subject, _name in subjects], request, shell.at)
                    except Problem as refused:
                        complain(form, refused)
                    else:
                        messages.success(request, _receipt(form, changes))
                        return redirect("organisation_limits", slug)
    context = {
        "holding": holding,
        "form": form,
        "changes": [] if form.errors else changes[:SHOWN],
        "more": max(len(changes) - SHOWN, 0),
        "wrong": wrong,
    }
    return render(request, "portal/limits/set.html", context, status=422 if form.errors else 200)


def _begun(request: HttpRequest, organisation: Organisation, at: Any) -> dict[str, Any]:
    """What a link to the form says: whom it is about, and what holds now."""
    asked = {name: request.GET.get(name, "")[:254] for name in ("whom", "role", "centre", "period")}
    begun: dict[str, Any] = {name: value for name, value in asked.items() if value}
    keys = request.GET.getlist("member")[:1000]
    if keys:
        named = candidates(organisation, Audience("people", people=tuple(keys)), at=at)
        begun |= {"whom": "member", "people": "\n".join(one.email or one.key for one in named)}
    kind = begun.get("whom", "")
    key = {"role": begun.get("role", ""), "cost_centre": begun.get("centre", "")}.get(kind, "")
    if kind == "member" and len(keys) == 1:
        key = keys[0]
    stored = limit_of(organisation, kind, key, begun.get("period", "month")) if kind else None
    if stored is not None:
        begun["what"] = "none" if stored.tokens_micro is None else "cap"
        if stored.tokens_micro is not None:
            begun["tokens"] = typed_amount(stored.tokens_micro)
    return begun


def _subjects(
    form: LimitForm, organisation: Organisation, at: Any
) -> tuple[list[tuple[SubjectRef, str]], list[Line]]:
    """Who is meant with a name each, and lines that mean nobody."""
    cleaned = form.cleaned_data
    kind = cleaned["whom"]
    if kind == "role":
        if cleaned["role"] not in Role.values:
            form.add_error("role", _("Which role?"))
            return [], []
        return [(SubjectRef("role", cleaned["role"]), _(ROLES[Role(cleaned["role"])]))], []
    if kind == "cost_centre":
        if not cleaned["centre"]:
            form.add_error("centre", _("Which cost centre?"))
            return [], []
        name = organisation.cost_centres.get(platform_id=cleaned["centre"]).name
        return [(SubjectRef("cost_centre", cleaned["centre"]), name)], []
    if kind == "member":
        members = candidates(organisation, Audience("all"), at=at)
        lines = read_lines(cleaned["people"], members, with_amounts=False)
        if not lines:
            form.add_error("people", _("Write at least one member."))
        named = {one.key: one.name for one in members}
        found = [(SubjectRef("member", line.key), named[line.key]) for line in lines if line.key]
        return found, [line for line in lines if line.problem]
    names = {"organisation": _("The organisation"), "members": _("Members, by default")}
    return [(SubjectRef(kind), names[kind])], []


def _changes(
    form: LimitForm, organisation: Organisation, subjects: list[tuple[SubjectRef, str]]
) -> list[Change]:
    """Before and after of each: one query for all."""
    cleaned = form.cleaned_data
    rows = organisation.spending_limits.filter(period=cleaned["period"])
    stored = {(kind, key): tokens for kind, key, tokens in rows.values_list(*_PLACE)}
    nothing = _("nothing of its own")
    after = nothing if cleaned["what"] == "remove" else _words(_tokens(form))
    return [
        Change(
            name,
            _words(stored[subject.type, subject.key]) if (subject.type, subject.key) in stored else nothing,
            after,
        )
        for subject, name in subjects
    ]


_PLACE = ("subject_type", "subject_key", "tokens_micro")


def _tokens(form: LimitForm) -> int | None:
    return form.cleaned_data["tokens"] if form.cleaned_data["what"] == "cap" else None


def _words(tokens: int | None) -> str:
    return _("no limit") if tokens is None else typed_amount(tokens)


def _save(
    form: LimitForm, organisation: Organisation, subjects: list[SubjectRef], request: HttpRequest, at: Any
) -> None:
    cleaned = form.cleaned_data
    remove = cleaned["what"] == "remove"
    changes = [LimitChange(subject, cleaned["period"], _tokens(form), remove) for subject in subjects]
    set_limits(organisation=organisation, changes=changes, actor=actor_of(reader(request)), at=at)


def _receipt(form: LimitForm, changes: list[Change]) -> str:
    if len(changes) == 1:
        words = {
            "name": changes[0].name,
            "after": changes[0].after,
            "period": _(PERIOD_WORDS[form.cleaned_data["period"]]),
        }
        return _("%(name)s: %(after)s %(period)s.") % words
    said = ngettext(
        "The limit of %(count)d member is set.", "The limits of %(count)d members are set.", len(changes)
    )
    return said % {"count": len(changes)}
