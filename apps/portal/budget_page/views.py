"""The budget page: what is asked for is shown with its effect first, and saved when it is confirmed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.allocations.alerts import set_alert, set_member_alert
from apps.allocations.models import MemberAlert
from apps.allocations.rules import set_personal_budget
from apps.core import figures
from apps.identity.models import User
from apps.portal.amounts import typed_amount
from apps.portal.budget_page.effects import AlertEffect
from apps.portal.budget_page.forms import AlertForm, BudgetForm
from apps.portal.budget_page.page import Asking, BudgetPage, load_budget_page
from apps.portal.context import required_organisation, required_shell
from apps.portal.holdings import Holding, Shell
from apps.portal.working import organisation_of

BUDGET, NO_BUDGET, ALERT, NO_ALERT = "budget", "no-budget", "alert", "no-alert"
MEMBERS, NO_MEMBERS = "members", "no-members"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def budget(request: HttpRequest) -> HttpResponse:
    """One's own budget and alert: GET shows them and the effect of a change, POST saves it."""
    shell = required_shell(request)
    own = shell.own()
    if own is None:
        return redirect("wallet")
    asked = request.POST if request.method == "POST" else request.GET
    page = load_budget_page(own, shell)
    asking = _asking(page, asked)
    if request.method == "POST" and _save(request, shell, page, asking, asked.get("set", "")):
        return redirect("budget")
    wrong = any(form.is_bound and form.errors for form in (asking.budget, asking.alert))
    return render(
        request, "portal/budget.html", {"page": page, "asking": asking}, status=422 if wrong else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organisation_alert(request: HttpRequest, slug: str) -> HttpResponse:
    """When an organisation's wallet counts as low: for its owners and admins."""
    shell = required_shell(request)
    holding = required_organisation(shell, slug)
    if not holding.may_decide:
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    members, answer = _members_alert(request, shell, holding)
    if answer is not None:
        return answer
    available = shell.desk.wallets[holding.wallet_id].available
    form, effect = _alert(holding, available, asked)
    if request.method == "POST" and effect is not None:
        _save_alert(request, shell, holding, effect)
        return redirect(holding.url)
    context = {
        "holding": holding,
        "form": form,
        "effect": effect,
        "available": available,
        "members": members,
        "members_below": MemberAlert.objects.filter(organisation=holding.organisation_id).first(),
    }
    wrong = (form.is_bound and form.errors) or members.errors
    return render(request, "portal/budget/organisation.html", context, status=422 if wrong else 200)


def _members_alert(
    request: HttpRequest, shell: Shell, holding: Holding
) -> tuple[AlertForm, HttpResponse | None]:
    """The threshold for members' balances: saved where that was asked for."""
    what = request.POST.get("set", "")
    stored = MemberAlert.objects.filter(organisation=holding.organisation_id).first()
    if what not in {MEMBERS, NO_MEMBERS}:
        return AlertForm(
            initial={"tokens": typed_amount(stored.below_micro)} if stored else {}, prefix="members"
        ), None
    form = AlertForm(request.POST if what == MEMBERS else None, prefix="members")
    if what == MEMBERS and not form.is_valid():
        return form, None
    below = form.cleaned_data["tokens"] if what == MEMBERS else None
    set_member_alert(
        organisation=organisation_of(holding), below=below, actor=_actor(_user(request)), at=shell.at
    )
    if below is None:
        messages.success(request, _("Nobody is told of members’ balances any more."))
    else:
        words = {"tokens": figures.figure(below)}
        messages.success(
            request, _("Members and you are told when a balance falls below %(tokens)s.") % words
        )
    return form, redirect("organisation_alert", holding.slug)


def _asking(page: BudgetPage, asked: QueryDict) -> Asking:
    alert, alert_effect = _alert(page.holding, page.available, asked)
    what = asked.get("set")
    if what == NO_BUDGET:
        return Asking(_budget_now(page), alert, page.effect_of_budget(None, blocks=False))
    if what != BUDGET:
        return Asking(_budget_now(page), alert, None, alert_effect)
    form = BudgetForm(asked)
    if not form.is_valid():
        return Asking(form, alert)
    blocks = form.cleaned_data["then"] == "stop"
    return Asking(form, alert, page.effect_of_budget(form.cleaned_data["tokens"], blocks))


def _alert(holding: Holding, available: int, asked: QueryDict) -> tuple[AlertForm, AlertEffect | None]:
    what = asked.get("set")
    if what == NO_ALERT:
        return _alert_now(holding), AlertEffect(holding.alert_below, None, available)
    if what != ALERT:
        return _alert_now(holding), None
    form = AlertForm(asked)
    if not form.is_valid():
        return form, None
    return form, AlertEffect(holding.alert_below, form.cleaned_data["tokens"], available)


def _budget_now(page: BudgetPage) -> BudgetForm:
    if page.personal is None:
        return BudgetForm()
    then = "warn" if page.personal.warns_only else "stop"
    return BudgetForm(initial={"tokens": typed_amount(page.personal.tokens), "then": then})


def _alert_now(holding: Holding) -> AlertForm:
    below = holding.alert_below
    return AlertForm(initial={} if below is None else {"tokens": typed_amount(below)})


def _save(request: HttpRequest, shell: Shell, page: BudgetPage, asking: Asking, what: str) -> bool:
    """Save what was asked for; False where there is nothing to save."""
    if what in {BUDGET, NO_BUDGET} and asking.budget_effect is not None:
        user = _user(request)
        effect = asking.budget_effect
        set_personal_budget(
            user=user, tokens=effect.after, blocks=effect.blocks, actor=_actor(user), at=shell.at
        )
        messages.success(request, _budget_receipt(effect.after))
        return True
    if what in {ALERT, NO_ALERT} and asking.alert_effect is not None:
        _save_alert(request, shell, page.holding, asking.alert_effect)
        return True
    return False


def _save_alert(request: HttpRequest, shell: Shell, holding: Holding, effect: AlertEffect) -> None:
    set_alert(wallet_id=holding.wallet_id, below=effect.after, actor=_actor(_user(request)), at=shell.at)
    if effect.after is None:
        messages.success(request, _("The alert is gone."))
        return
    words = {"tokens": figures.figure(effect.after)}
    messages.success(request, _("The wallet page tells when less than %(tokens)s are left.") % words)


def _budget_receipt(tokens: int | None) -> str:
    if tokens is None:
        return _("You have no personal budget any more.")
    return _("Your personal budget is %(tokens)s tokens a month.") % {"tokens": figures.figure(tokens)}


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _actor(user: User) -> str:
    return f"user:{user.platform_id}"
