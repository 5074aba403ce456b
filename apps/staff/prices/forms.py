"""Forms of prices: a new version of a rate, field by field, and a price book's file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.units import MICRO
from apps.pricing.models import RateVersion
from apps.pricing.rate_card import MILLION_UNITS, times
from apps.pricing.revising import LONGEST_DESCRIPTION, Entry, entries, revise
from apps.pricing.unit_words import per_unit
from apps.staff.actions.forms import ReasonForm
from apps.support.deeds.loading import LONGEST
from apps.support.deeds.price_words import flag_name, number, option_name, state_name
from apps.support.proposals import LONGEST_REASON

AT_ONCE, LATER = "now", "later"
LONGEST_NAME = 80


class PublishForm(ReasonForm):
    """When and why."""

    when = forms.ChoiceField(
        label=gettext_lazy("From when"),
        choices=[
            (AT_ONCE, gettext_lazy("As soon as it is published")),
            (LATER, gettext_lazy("From a later moment on")),
        ],
        initial=AT_ONCE,
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Later moment (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Only for a later moment. A price never begins in the past."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept with the price and in the trail. Colleagues read it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == LATER and not cleaned.get("starts_at") and "starts_at" not in self.errors:
            self.add_error("starts_at", _("Say from when."))
        return cleaned

    @property
    def begins(self) -> str | None:
        """The instant that was chosen, as a payload says it; None for as soon as it is done."""
        chosen: datetime | None = self.cleaned_data.get("starts_at")
        return chosen.isoformat() if chosen and self.cleaned_data["when"] == LATER else None

    @property
    def when_and_why(self) -> list[BoundField]:
        return [self[name] for name in ("when", "starts_at", "reason")]


class RevisionForm(PublishForm):
    """A version's entries as fields, named as `apps.pricing.revising` names them."""

    def __init__(self, version: RateVersion, data: Any = None) -> None:
        super().__init__(data)
        self.version = version
        self._kinds: dict[str, str] = {}
        for entry in entries(version.spec):
            self.fields[entry.name] = _field(entry, version.spec["currency"])
            self._kinds[entry.name] = entry.kind

    def payload(self, key: int | str) -> dict[str, Any]:
        """A version like this one but for what was typed."""
        typed = {name: self.cleaned_data[name] for name in self._kinds}
        answers = {name: "yes" if value is True else value or "" for name, value in typed.items()}
        return {
            "rate": self.version.rate_id,
            "follows": self.version.pk,
            "spec": revise(self.version.spec, answers),
            "starts_at": self.begins,
        }

    @property
    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        """The fields as people think of them: prices, options, rules."""
        kinds = (
            (_("Prices"), ("state", "tokens", "cost", "margin")),
            (_("Options"), ("factor", "default")),
            (_("Rules"), ("minimum_charge", "minimum_balance", "flag", "description")),
        )
        for title, wanted in kinds:
            fields = [self[name] for name, kind in self._kinds.items() if kind in wanted]
            if fields:
                yield title, fields


def _field(entry: Entry, currency: str) -> forms.Field:
    if entry.kind == "flag":
        return forms.BooleanField(label=flag_name(*entry.subject), required=False, initial=bool(entry.value))
    if entry.choices:
        named = state_name if entry.kind == "state" else str
        choices = [(choice, named(choice)) for choice in entry.choices]
        return forms.ChoiceField(label=_label(entry, currency), choices=choices, initial=entry.value)
    is_text = entry.kind == "description"
    attributes = {} if is_text else {"inputmode": "decimal", "autocomplete": "off"}
    return forms.CharField(
        label=_label(entry, currency),
        initial=entry.value,
        max_length=LONGEST_DESCRIPTION if is_text else 80,
        help_text=_hint(entry, currency),
        widget=forms.TextInput(attrs=attributes),
    )


def _label(entry: Entry, currency: str) -> str:
    if entry.kind in ("tokens", "cost"):
        return _price_label(entry, currency)
    if entry.kind == "factor":
        return _("%(option)s: %(value)s") % {
            "option": option_name(entry.subject[0]),
            "value": entry.subject[1],
        }
    if entry.kind == "default":
        return _("%(option)s, if not said") % {"option": option_name(entry.subject[0])}
    return {
        "state": _("Whether it is charged"),
        "margin": _("Margin on the provider's cost, in percent"),
        "minimum_charge": _("Minimum charge, in tokens"),
        "minimum_balance": _("Balance needed to start, in tokens"),
        "description": _("Description"),
    }[entry.kind]


def _price_label(entry: Entry, currency: str) -> str:
    unit, *above = entry.subject
    if entry.kind == "tokens":
        return _("Tokens %(per)s") % {"per": per_unit(unit, 1)}
    words = {"per": per_unit(unit, 1), "currency": currency}
    if above:
        words["size"] = number(above[0])
        return _("Cost %(per)s in %(currency)s, context above %(size)s") % words
    return _("Cost %(per)s in %(currency)s") % words


def _hint(entry: Entry, currency: str) -> str:
    """What so small a number means."""
    if entry.kind != "cost" or not entry.subject[0].endswith(MILLION_UNITS):
        return ""
    million = number(times(entry.value, MICRO))
    return _("%(cost)s %(currency)s per million now") % {"cost": million, "currency": currency}


class FileForm(PublishForm):
    """A price book's file, chosen or pasted; what was read goes on as text, to be confirmed."""

    file = forms.FileField(
        label=gettext_lazy("File"), required=False, help_text=gettext_lazy("A price book's TOML file.")
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste its text"),
        required=False,
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "code"}),
    )
    name = forms.CharField(required=False, max_length=LONGEST_NAME, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        self._wrong_file = ""
        upload = files.get("file") if files else None
        super().__init__(self._with_upload(data, upload) if upload else data, files)

    def _with_upload(self, data: Any, upload: Any) -> Any:
        """What was filled in, with the file's text and name in it."""
        if upload.size > LONGEST * 4:
            self._wrong_file = _("A price book's file is shorter than that.")
            return data
        try:
            text = upload.read().decode("utf-8")
        except UnicodeDecodeError:
            self._wrong_file = _("This is no text in UTF-8.")
            return data
        filled = data.copy()
        filled["text"] = text
        filled["name"] = "".join(sign for sign in upload.name if sign.isprintable())[:LONGEST_NAME]
        return filled

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self._wrong_file:
            self.add_error("file", self._wrong_file)
        elif not cleaned.get("text", "").strip() and not self.errors:
            self.add_error("text", _("Choose a file or paste its text."))
        return cleaned

    def payload(self, key: int | str) -> dict[str, Any]:
        name = self.cleaned_data["name"] or _("Pasted text")
        return {"name": name, "text": self.cleaned_data["text"], "starts_at": self.begins}
