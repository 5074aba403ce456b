"""What only owners set: the organisation's name and the time zone of its days, weeks and months."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.core import figures
from apps.core.errors import Problem
from apps.core.periods import is_zone, zone
from apps.organisations.models import Role
from apps.portal.working import actor_of, complain, looker, reader
from apps.wallets.services import sync_organisation


class SettingsForm(forms.Form):
    """Name and time zone."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy(
            "Such as Europe/Berlin or America/New_York. Limits reset at midnight there. "
            "A change takes effect the next day, for free tokens and bills the next month."
        ),
    )

    def clean_time_zone(self) -> str:
        text: str = self.cleaned_data["time_zone"].strip()
        if not is_zone(text):
            raise forms.ValidationError(_("There is no such time zone."))
        return text


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organisation_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows what holds, POST changes it; for owners only."""
    holding, shell, organisation = looker(request, slug)
    if holding.role != Role.OWNER:
        raise PermissionDenied
    begun = {"name": holding.name, "time_zone": holding.calendar.chosen}
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=begun)
    if form.is_valid():
        try:
            sync_organisation(
                key=organisation.platform_id,
                fields=form.cleaned_data,
                at=shell.at,
                actor=actor_of(reader(request)),
            )
        except Problem as refused:
            complain(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("organisation_settings", slug)
    present = zone(holding.calendar.zone_at(shell.at))
    coming = holding.calendar.chosen if holding.calendar.chosen != present.key else ""
    tomorrow = holding.calendar.changes_at if coming else None
    context = {
        "holding": holding,
        "form": form,
        "coming": coming,
        "when": figures.deadline(tomorrow, shell.at, present) if tomorrow else "",
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "portal/settings.html", context, status=status)
