"""Making a cost centre or changing one: its name, its place, what is reserved for it, and its people."""

from __future__ import annotations

import re
import secrets
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.allocations.audience import Audience, candidates
from apps.allocations.earmarks import place_cost_centre, set_earmark
from apps.allocations.models import Earmark
from apps.core.errors import MadeAlready, Problem
from apps.identity.models import User
from apps.organisations.models import CostCentre, Membership, Organisation
from apps.organisations.services import lock_organisation, require_new_form, set_people
from apps.portal.allocations_page.typed import Line, read_lines
from apps.portal.amounts import typed_amount
from apps.portal.centres_page.page import KINDS
from apps.portal.fields import TokensField
from apps.portal.working import actor_of, complain, decider, reader
from apps.wallets.books import atomically


class CentreForm(forms.Form):
    """A cost centre and who belongs to it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(kind.value, gettext_lazy(name)) for kind, name in KINDS.items()]
    )
    parent = forms.ChoiceField(label=gettext_lazy("Part of (optional)"), required=False)
    earmark = TokensField(
        label=gettext_lazy("Tokens reserved for it (optional)"),
        required=False,
        help_text=gettext_lazy(
            "Nobody else can spend them, and what the organisation’s wallet pays for it uses them up. "
            "Written anew, so many are reserved from now on."
        ),
    )
    people = forms.CharField(
        label=gettext_lazy("Members who belong to it (optional)"),
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One on each line, by e-mail, id or name. Tokens can be allocated to all of them at once."
        ),
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(
        self, organisation: Organisation, own: CostCentre | None, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if own is not None:
            del self.fields["form_key"]
        rows = CostCentre.objects.filter(organisation=organisation).order_by("name")
        others = [(row.platform_id, row.name) for row in rows if own is None or row.pk != own.pk]
        field = self.fields["parent"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Nothing above it")), *others]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change_cost_centre(request: HttpRequest, slug: str, key: str = "") -> HttpResponse:
    """Make a cost centre, or change one."""
    holding, shell, organisation = decider(request, slug)
    own = None
    if key:
        rows = CostCentre.objects.filter(organisation=organisation, platform_id=key).select_related("parent")
        own = rows.first()
        if own is None:
            raise Http404
    wrong: list[Line] = []
    form = CentreForm(organisation, own, initial=_initial(own))
    if request.method == "POST":
        form = CentreForm(organisation, own, request.POST, initial=_initial(own))
        if form.is_valid():
            lines = _people(form, organisation, shell.at)
            wrong = [line for line in lines if line.problem]
            if wrong:
                form.add_error("people", _("Some lines mean nobody, see below."))
            else:
                try:
                    saved = _save(form, organisation, own, [line.key for line in lines], request, shell.at)
                except MadeAlready as already:
                    messages.warning(request, already.detail)
                    return redirect("cost_centres", slug)
                except Problem as refused:
                    complain(form, refused)
                else:
                    messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
                    return redirect("cost_centre", slug, saved)
    context = {"holding": holding, "form": form, "own": own, "wrong": wrong}
    return render(request, "portal/centres/change.html", context, status=422 if form.errors else 200)


def _initial(own: CostCentre | None) -> dict[str, Any]:
    if own is None:
        return {}
    present = Membership.objects.filter(organisation=own.organisation_id, ended_at=None).values("user")
    people = User.objects.filter(pk__in=own.people.filter(user__in=present).values("user"))
    marked = Earmark.objects.filter(cost_centre=own).first()
    named = [user.email or user.platform_id for user in people.order_by("email", "platform_id")]
    return {
        "name": own.name,
        "kind": own.kind,
        "parent": own.parent.platform_id if own.parent else "",
        "people": "\n".join(named),
        "earmark": typed_amount(marked.tokens_micro) if marked else "",
    }


def _people(form: CentreForm, organisation: Organisation, at: Any) -> list[Line]:
    if not form.cleaned_data["people"].strip():
        return []
    members = candidates(organisation, Audience("all"), at=at)
    return read_lines(form.cleaned_data["people"], members, with_amounts=False)


def _save(
    form: CentreForm,
    organisation: Organisation,
    own: CostCentre | None,
    people: list[str],
    request: HttpRequest,
    at: Any,
) -> str:
    """All of it or nothing; answers the centre's id. A new one is chosen under the lock: two of one name
    stay two."""
    cleaned, actor = form.cleaned_data, actor_of(reader(request))

    def work() -> str:
        lock_organisation(organisation)
        require_new_form(organisation, cleaned.get("form_key"), at=at)
        key = own.platform_id if own else _free_key(organisation, cleaned["name"])
        centre, _made = place_cost_centre(
            organisation=organisation,
            key=key,
            name=cleaned["name"],
            kind=cleaned["kind"],
            parent=cleaned["parent"] or None,
            actor=actor,
            at=at,
        )
        set_people(centre=centre, users=people, actor=actor, at=at)
        if "earmark" in form.changed_data:
            tokens = cleaned["earmark"] or None
            set_earmark(organisation=organisation, centre=key, tokens=tokens, actor=actor, at=at)
        return key

    return atomically(work, at=at)


def _free_key(organisation: Organisation, name: str) -> str:
    """An id for a cost centre that is made here, readable and not yet taken."""
    base = re.sub(r"[^a-z0-9-]", "", slugify(name))[:60] or "centre"
    taken = CostCentre.objects.filter(organisation=organisation, platform_id=base).exists()
    return f"{base}-{secrets.token_hex(3)}" if taken else base
