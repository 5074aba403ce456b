"""The form of allocations and reclaims: whom, how many, why, and whether it repeats."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.units import LARGEST
from apps.organisations.models import CostCentre, Organisation
from apps.portal.fields import PeopleField, TokensField
from apps.portal.members_page.people import ROLES

LARGEST_FILE = 1_000_000


class MoveForm(forms.Form):
    """What allocations and reclaims have in common."""

    to = forms.ChoiceField(label=gettext_lazy("Whom"), widget=forms.RadioSelect, initial="all")
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    centre = forms.ChoiceField(label=gettext_lazy("Cost centre"), required=False)
    people = PeopleField(
        help_text=gettext_lazy(
            "By e-mail, id or name; with amounts per person: “ada@school.example; 500”. You can paste from a "
            "spreadsheet."
        ),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)
    how = forms.ChoiceField(label=gettext_lazy("How many"), widget=forms.RadioSelect)
    tokens = TokensField(label=gettext_lazy("Tokens"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note for the members (optional)"), max_length=500, required=False
    )
    leave_out = forms.BooleanField(label=gettext_lazy("Leave the wrong lines out"), required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    hows: tuple[tuple[str, Any], ...] = ()

    def __init__(self, organisation: Organisation, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        centres = list(
            CostCentre.objects.filter(organisation=organisation)
            .order_by("name")
            .values_list("platform_id", "name")
        )
        whom = [("all", _("All members")), ("role", _("A role"))]
        if centres:
            whom.append(("cost_centre", _("A cost centre")))
        self._choose("to", [*whom, ("people", _("Some members"))])
        self._choose("role", [(role.value, _(name)) for role, name in ROLES.items()])
        self._choose("centre", centres)
        self._choose("how", list(self.hows))

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_file(self) -> str:
        """The file's text, in whichever of the usual ways it was written."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return ""
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than one megabyte: split it."))
        raw = upload.read()
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                return str(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(_("This is not a text file: save it as CSV."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        how, to = cleaned.get("how"), cleaned.get("to")
        if cleaned.get("file"):
            cleaned["people"], cleaned["to"] = cleaned["file"], "people"
        if how == "rows" and cleaned.get("to") != "people":
            self.add_error("how", _("An amount per person goes with some members: write them below."))
        if cleaned.get("to") == "people" and not str(cleaned.get("people", "")).strip():
            self.add_error("people", _("Write at least one member."))
        if how in {"each", "top_up"} and "tokens" not in self.errors:
            tokens = cleaned.get("tokens")
            if not tokens:
                self.add_error("tokens", _("How many tokens?"))
            elif tokens > LARGEST:
                self.add_error("tokens", _("At most 1000000000000 tokens are possible."))
        if to == "cost_centre" and not cleaned.get("centre"):
            self.add_error("centre", _("Which cost centre?"))
        return cleaned


class AllocateForm(MoveForm):
    """Tokens to members, now or again and again."""

    hows = (
        ("each", gettext_lazy("The same for each")),
        ("top_up", gettext_lazy("Top up to")),
        ("rows", gettext_lazy("Per person")),
    )
    how = forms.ChoiceField(label=gettext_lazy("How many"), widget=forms.RadioSelect, initial="each")
    repeat = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=(
            ("", gettext_lazy("Once, now")),
            ("month", gettext_lazy("Every month")),
            ("week", gettext_lazy("Every week")),
        ),
        required=False,
    )
    month_day = forms.IntegerField(
        label=gettext_lazy("On day"), min_value=1, max_value=31, required=False, initial=1
    )
    week_day = forms.ChoiceField(
        label=gettext_lazy("On"),
        choices=(
            ("1", gettext_lazy("Monday")),
            ("2", gettext_lazy("Tuesday")),
            ("3", gettext_lazy("Wednesday")),
            ("4", gettext_lazy("Thursday")),
            ("5", gettext_lazy("Friday")),
            ("6", gettext_lazy("Saturday")),
            ("7", gettext_lazy("Sunday")),
        ),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("repeat") and cleaned.get("to") == "people":
            self.add_error("repeat", _("What repeats is for all members, a role or a cost centre."))
        if (
            cleaned.get("repeat") == "month"
            and not cleaned.get("month_day")
            and "month_day" not in self.errors
        ):
            self.add_error("month_day", _("On which day of the month?"))
        return cleaned


class ReclaimForm(MoveForm):
    """Unspent tokens back from members."""

    hows = (
        ("all", gettext_lazy("All that is left")),
        ("each", gettext_lazy("Up to, from each")),
        ("rows", gettext_lazy("Per person")),
    )
    how = forms.ChoiceField(label=gettext_lazy("How many"), widget=forms.RadioSelect, initial="all")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("how") == "all" and cleaned.get("tokens"):
            self.add_error(
                "how", _("You wrote how many: choose “Up to, from each”, or leave the tokens out.")
            )
        return cleaned


class SwapForm(forms.Form):
    """Tokens from one member to another."""

    giver = forms.CharField(label=gettext_lazy("From"), max_length=254)
    taker = forms.CharField(label=gettext_lazy("To"), max_length=254)
    tokens = TokensField(label=gettext_lazy("Tokens"))
    note = forms.CharField(label=gettext_lazy("Note (optional)"), max_length=500, required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
