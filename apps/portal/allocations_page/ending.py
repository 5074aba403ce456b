"""Ending what repeats, and saying which roles may be given tokens: the effect first, then one button."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from apps.allocations.bars import bars_of, set_bar
from apps.allocations.models import AllocationRun, RecurringAllocation
from apps.allocations.recurring import end_recurring
from apps.allocations.rules import SubjectRef
from apps.core import figures
from apps.core.errors import MadeAlready, Problem
from apps.organisations.models import Membership, Organisation, Role
from apps.organisations.services import lock_organisation, require_new_form
from apps.portal.allocations_page.page import Repeating, load_repeating
from apps.portal.effects import ConfirmForm, Effect, Shift, groups_of
from apps.portal.holdings import Holding
from apps.portal.members_page.people import ROLES
from apps.portal.working import actor_of, decider, reader

form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@login_required
def end_repeating(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """GET shows what it gave and when it would come next, POST lets it come no more."""
    holding, shell, organisation = decider(request, slug)
    if not RecurringAllocation.objects.filter(organisation=organisation, pk=number).exists():
        raise Http404
    found = load_repeating(organisation, pk=number)
    if not found:
        messages.warning(request, _("It has ended already."))
        return redirect("allocations", slug)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            end_recurring(
                organisation=organisation, number=number, actor=actor_of(reader(request)), at=shell.at
            )
        except Problem as refused:
            messages.warning(request, refused.detail)
        else:
            messages.success(request, _("It no longer repeats. What was given stays."))
        return redirect("allocations", slug)
    return _shown(request, holding, end_effect(found[0], holding), form)


def _shown(request: HttpRequest, holding: Holding, effect: Effect, form: ConfirmForm) -> HttpResponse:
    context = {"effect": effect, "form": form, "holding": holding}
    return render(request, "portal/effect.html", context, status=422 if form.errors else 200)


def _back(holding: Holding) -> tuple[str, str]:
    return reverse("allocations", args=[holding.slug]), _("Allocations")


def end_effect(one: Repeating, holding: Holding) -> Effect:
    """What a repeating allocation gave, and what comes no more."""
    runs = AllocationRun.objects.filter(recurring=one.row.pk)
    given = runs.aggregate(times=Count("pk"), tokens=Sum("tokens_micro"))
    facts = [(_("Given so far"), _so_far(given["times"], given["tokens"] or 0))]
    if one.row.last_at:
        day = figures.day_and_year(holding.calendar.day_of(one.row.last_at))
        facts.append((_("Last time, skipped") if one.row.skipped else _("Last time"), day))
    facts.append((_("Would come next"), one.next))
    return Effect(
        title=_("End a repeating allocation"),
        back=_back(holding),
        confirm=_("End it"),
        lead=f"{one.what}, {one.when}.",
        facts=tuple(facts),
        notes=(
            _("It will not come again. What was given stays; you can reclaim what is unspent."),
            _("You cannot restart it, but you can make a new one at any time."),
        ),
    )


def _so_far(times: int, tokens: int) -> str:
    if not times:
        return _("nothing yet")
    words = {"tokens": figures.figure(tokens), "count": times}
    return ngettext("%(tokens)s tokens, %(count)d time", "%(tokens)s tokens, %(count)d times", times) % words


@form_page
@login_required
def bar_roles(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows what changes if only these roles may be given tokens, POST changes it."""
    holding, shell, organisation = decider(request, slug)
    asked = request.POST if request.method == "POST" else request.GET
    allowed = [role for role in Role if role.value in asked.getlist("role")]
    changed = _changed(organisation, allowed)
    if not changed:
        messages.info(request, _("Nothing was changed: that is already so."))
        return redirect("allocations", slug)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _bar(organisation, changed, actor_of(reader(request)), shell.at, form.cleaned_data["form_key"])
        except MadeAlready as already:
            messages.warning(request, already.detail)
        else:
            messages.success(request, _("Saved. What was set for a single member comes before the role."))
        return redirect("allocations", slug)
    return _shown(request, holding, roles_effect(organisation, holding, changed, allowed), form)


def _changed(organisation: Organisation, allowed: Sequence[Role]) -> dict[Role, bool]:
    """The roles of which something new is said, with whether they would be barred."""
    bars = bars_of(organisation)
    wanted = {role: role not in allowed for role in Role}
    return {role: bar for role, bar in wanted.items() if bars.get(("role", role.value), False) != bar}


def roles_effect(
    organisation: Organisation, holding: Holding, changed: dict[Role, bool], allowed: Sequence[Role]
) -> Effect:
    """Which roles are barred or allowed, and how many members that is about: three queries."""
    present = Membership.objects.filter(organisation=organisation, ended_at=None)
    counts = dict(present.values_list("role").annotate(count=Count("pk")))
    words = {True: _("barred"), False: _("allowed")}
    stops = [
        _("Allocations, and tokens moved from other members: nothing reaches members of a barred role."),
        _("Repeating allocations leave them out, and still reach everybody else."),
    ]
    stays = [_("Tokens already allocated: they can still be spent, and you can reclaim them.")]
    barring = any(changed.values())
    return Effect(
        title=_("Who may be given tokens"),
        back=_back(holding),
        confirm=_("Save"),
        shifts=tuple(
            Shift(_(ROLES[role]), words[not bar], words[bar], _people(counts.get(role, 0)))
            for role, bar in changed.items()
        ),
        groups=groups_of((_("What stays"), stays), (_("What stops"), stops)) if barring else (),
        notes=(_("What was set for a single member comes before the role."),),
        kept=tuple(("role", role.value) for role in allowed),
    )


def _people(count: int) -> str:
    return ngettext("%(count)s member", "%(count)s members", count) % {"count": figures.count(count)}


def _bar(organisation: Organisation, changed: dict[Role, bool], actor: str, at: datetime, key: UUID) -> None:
    with transaction.atomic():
        lock_organisation(organisation)
        require_new_form(organisation, key, at=at)
        for role, barred in changed.items():
            subject = SubjectRef("role", role.value)
            set_bar(organisation=organisation, subject=subject, barred=barred or None, actor=actor, at=at)
