"""Cost centres: the table, one of them, and moving cap between two."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.allocations.capping import move_cap
from apps.core import figures
from apps.core.csv_files import Number, csv_text
from apps.core.errors import MadeAlready, NotFound, Problem
from apps.core.units import format_tokens
from apps.portal.centres_page.one import load_centre_page
from apps.portal.centres_page.page import COLUMNS, load_centres_page
from apps.portal.fields import TokensField
from apps.portal.sorting import order_of
from apps.portal.usage_page.views import file_answer
from apps.portal.working import actor_of, complain, decider, reader


@require_safe
@login_required
def cost_centres(request: HttpRequest, slug: str) -> HttpResponse:
    """Every cost centre with its cap."""
    holding, shell, organisation = decider(request, slug)
    order = order_of(request.GET.dict(), COLUMNS)
    page = load_centres_page(organisation, holding, shell, order=order)
    return render(request, "portal/centres.html", {"page": page})


@require_safe
@login_required
def cost_centres_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a file."""
    holding, shell, organisation = decider(request, slug)
    page = load_centres_page(organisation, holding, shell)
    head = (_("Cost centre"), _("Id"), _("Kind"), _("Part of"), _("Cap"), _("Period"), _("Spent"), _("State"))
    lines = [
        (
            line.name,
            line.key,
            line.kind,
            line.parent,
            "" if line.cap is None else Number(format_tokens(line.cap)),
            line.period,
            Number(format_tokens(line.spent)),
            line.state if line.cap is not None else "",
        )
        for line in page.centres
    ]
    return file_answer(f"cost-centres-{holding.slug}.csv", csv_text(head, lines))


@require_safe
@login_required
def cost_centre(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One cost centre."""
    holding, shell, organisation = decider(request, slug)
    try:
        page = load_centre_page(organisation, holding, shell, key)
    except NotFound as unknown:
        raise Http404 from unknown
    return render(request, "portal/centres/one.html", {"page": page})


class CapForm(forms.Form):
    """Cap from one cost centre to another."""

    giver = forms.ChoiceField(label=gettext_lazy("From"))
    taker = forms.ChoiceField(label=gettext_lazy("To"))
    tokens = TokensField(label=gettext_lazy("How much of the cap"))
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("giver", "taker"):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def move_caps(request: HttpRequest, slug: str) -> HttpResponse:
    """Move cap between two cost centres in one step, with the effect first."""
    holding, shell, organisation = decider(request, slug)
    page = load_centres_page(organisation, holding, shell)
    capped = {line.key: line for line in page.movable}
    choices = [
        (line.key, f"{line.name}, {figures.figure(line.cap or 0)} {line.per}") for line in capped.values()
    ]
    form = CapForm(
        choices,
        request.POST if request.method == "POST" else None,
        initial={"giver": request.GET.get("from", ""), "taker": request.GET.get("to", "")},
    )
    effect = None
    if form.is_valid():
        giver, taker = capped[form.cleaned_data["giver"]], capped[form.cleaned_data["taker"]]
        tokens = form.cleaned_data["tokens"]
        if giver.key == taker.key:
            form.add_error("taker", _("Choose two different cost centres."))
        elif giver.period != taker.period:
            form.add_error("taker", _("Their caps are for different periods."))
        elif not tokens or tokens > (giver.cap or 0):
            form.add_error("tokens", _("More than 0, and at most the cap it is taken from."))
        else:
            effect = [
                (giver, giver.cap, (giver.cap or 0) - tokens),
                (taker, taker.cap, (taker.cap or 0) + tokens),
            ]
            if request.POST.get("step") == "confirm":
                try:
                    move_cap(
                        organisation=organisation,
                        giver=giver.key,
                        taker=taker.key,
                        period=giver.period,
                        tokens=tokens,
                        actor=actor_of(reader(request)),
                        at=shell.at,
                        form_key=form.cleaned_data["form_key"],
                    )
                except MadeAlready as already:
                    messages.warning(request, already.detail)
                    return redirect("cost_centres", slug)
                except Problem as refused:
                    complain(form, refused)
                else:
                    words = {"tokens": figures.figure(tokens), "giver": giver.name, "taker": taker.name}
                    messages.success(request, _("%(tokens)s moved from %(giver)s to %(taker)s.") % words)
                    return redirect("cost_centres", slug)
    context = {
        "holding": holding,
        "form": form,
        "effect": None if form.errors else effect,
        "possible": len(choices) > 1,
    }
    return render(request, "portal/centres/move.html", context, status=422 if form.errors else 200)
