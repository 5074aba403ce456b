"""Another role, a bar, or the end of a membership; roles and bars say first what they would change."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.allocations.bars import set_bar
from apps.allocations.leaving import remove_member
from apps.allocations.rules import SubjectRef
from apps.core.errors import InvalidState, MadeAlready, NotFound, Problem
from apps.organisations.models import Membership, Organisation, Role
from apps.organisations.services import lock_organisation, require_new_form, set_member
from apps.portal.effects import ConfirmForm, Effect
from apps.portal.holdings import SEES_THE_WALLET, Holding
from apps.portal.members_page.effects import BARS, Case, bar_effect, role_effect
from apps.portal.members_page.people import ROLES
from apps.portal.working import actor_of, complain, decider, reader


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change_member(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """GET shows what a role or a bar would change, POST changes it, or removes the member."""
    holding, shell, organisation = decider(request, slug)
    case = Case(organisation, holding, _member(organisation, key), reader(request).pk, shell.at)
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and asked.get("do") == "remove":
        return _remove(request, case)
    effect = _effect(case, asked.get("do", ""), asked.get("role", ""))
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _carry_out(request, case, effect, form.cleaned_data["form_key"])
        except MadeAlready as already:
            messages.warning(request, already.detail)
            return redirect("member", slug, key)
        except Problem as refused:
            complain(form, refused)
    context = {"effect": effect, "form": form, "holding": holding}
    return render(request, "portal/effect.html", context, status=422 if form.errors else 200)


def _member(organisation: Organisation, key: str) -> Membership:
    present = organisation.memberships.filter(user__platform_id=key, ended_at=None)
    found = present.select_related("user").first()
    if found is None:
        raise Http404
    return found


def _effect(case: Case, what: str, role: str) -> Effect:
    if what in BARS:
        return bar_effect(case, what)
    if what != "role" or role not in Role.values:
        raise Http404
    if Role.OWNER in (role, case.member.role):
        _require_owner(case.holding)
    return role_effect(case, Role(role))


def _require_owner(holding: Holding) -> None:
    """Only owners decide about owners: an admin could otherwise take the organisation over."""
    if holding.role != Role.OWNER:
        raise PermissionDenied


def _carry_out(request: HttpRequest, case: Case, effect: Effect, key: UUID) -> HttpResponse:
    actor, what = actor_of(reader(request)), request.POST["do"]
    with transaction.atomic():
        lock_organisation(case.organisation)
        require_new_form(case.organisation, key, at=case.at)
        _require_as_shown(request, effect)
        if what == "role":
            said = _set_role(case, Role(request.POST["role"]), actor)
        else:
            said = _set_bar(case, BARS[what], actor)
    messages.success(request, said)
    if _looks_no_more(request, case):
        return redirect("wallet")
    return redirect("member", case.holding.slug, case.key)


def _require_as_shown(request: HttpRequest, effect: Effect) -> None:
    """InvalidState if somebody else has changed meanwhile what the effect was shown for."""
    was = dict(effect.kept)["was"]
    if request.POST.get("was", was) != was:
        raise InvalidState(_("Somebody has changed this in the meantime: look again."))


def _set_role(case: Case, role: Role, actor: str) -> str:
    set_member(organisation=case.organisation, user=case.member.user, role=role, actor=actor, at=case.at)
    words = {"name": case.name, "role": _(ROLES[role])}
    return _("%(name)s has the role %(role)s now.") % words


def _set_bar(case: Case, barred: bool | None, actor: str) -> str:
    subject = SubjectRef("member", case.key)
    set_bar(organisation=case.organisation, subject=subject, barred=barred, actor=actor, at=case.at)
    if barred is None:
        said = _("For %(name)s the role decides again.")
    elif barred:
        said = _("%(name)s can no longer receive allocations.")
    else:
        said = _("%(name)s may receive allocations.")
    return said % {"name": case.name}


def _looks_no_more(request: HttpRequest, case: Case) -> bool:
    """Whether somebody has just taken from themselves the right to look."""
    gave = request.POST.get("role", Role.OWNER)
    return case.reader == case.member.user_id and gave not in SEES_THE_WALLET


def _remove(request: HttpRequest, case: Case) -> HttpResponse:
    if case.member.role == Role.OWNER:
        _require_owner(case.holding)
    try:
        remove_member(
            organisation=case.organisation,
            user=case.member.user,
            actor=actor_of(reader(request)),
            at=case.at,
        )
    except NotFound as unknown:
        raise Http404 from unknown
    except Problem as refused:
        messages.error(request, refused.detail)
        return redirect("member", case.holding.slug, case.key)
    said = _("%(name)s is no longer a member. Unspent tokens are back with the organisation.")
    messages.success(request, said % {"name": case.name})
    if case.reader == case.member.user_id:
        return redirect("wallet")
    return redirect("members", case.holding.slug)
