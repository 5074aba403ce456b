"""Closing an organisation: what it would do, what stands in its way, and one confirmation."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.core.errors import Problem
from apps.hosting.closing import close_organisation, foresee_closing
from apps.organisations.models import Role
from apps.portal.working import actor_of, complain, looker, reader


class ClosingForm(forms.Form):
    """The name, typed, so that nobody closes by mistake."""

    name = forms.CharField(label=gettext_lazy("Type the organisation’s name to confirm"), max_length=200)

    def __init__(self, wanted: str, data: QueryDict | None) -> None:
        super().__init__(data)
        self.wanted = wanted

    def clean_name(self) -> str:
        text: str = self.cleaned_data["name"].strip()
        if text.casefold() != self.wanted.strip().casefold():
            raise forms.ValidationError(_("That is not its name: %(name)s.") % {"name": self.wanted})
        return text


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the effect, POST closes; for owners only."""
    holding, shell, organisation = looker(request, slug)
    if holding.role != Role.OWNER:
        raise PermissionDenied
    form = ClosingForm(holding.name, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            close_organisation(organisation=organisation, actor=actor_of(reader(request)), at=shell.at)
        except Problem as refused:
            complain(form, refused)
        else:
            messages.success(request, _("%(name)s is closed. Its books are kept.") % {"name": holding.name})
            return redirect("wallet")
    effect = foresee_closing(organisation, at=shell.at)
    context = {"holding": holding, "form": form, "effect": effect}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "portal/closing.html", context, status=status)
