"""The forms of clients and keys. Each choice of a time says the instant that it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import figures
from apps.identity.scopes import SCOPES
from apps.identity.services import OF_AN_ORGANISATION, OVERLAP
from apps.staff.actions.forms import KeyedForm
from apps.support.proposals import LONGEST_REASON

MEANINGS = {
    "read": gettext_lazy("Read everything: wallets, charges, limits, transactions, prices"),
    "users": gettext_lazy("Make and change users and their personal budgets"),
    "organisations": gettext_lazy("Organisations, members, who pays, limits, cost centres, allocations"),
    "charges": gettext_lazy("Estimate, hold, capture, extend, release and refund"),
    "usage": gettext_lazy("Send usage events"),
    "credits": gettext_lazy("Credit tokens to a wallet"),
}
LIFETIMES = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
}
NEVER = "never"
OVERLAPS = {
    "0": gettext_lazy("None"),
    "1": gettext_lazy("An hour"),
    "24": gettext_lazy("A day"),
    "168": gettext_lazy("A week"),
}


def instant(at: datetime) -> str:
    """``26 Nov 2026, 14:05 UTC``."""
    local = at.astimezone(UTC)
    return f"{figures.day_and_year(local.date())}, {figures.clock_time(local)} UTC"


class ReasonedForm(KeyedForm):
    """A form that says why; `at` is the instant from which its choices count."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the trail, with your name."),
    )

    def __init__(self, *args: Any, at: datetime, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.at = at


class ClientForm(ReasonedForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The service that will call, such as “video rooms”. Movements name it."),
    )
    field_order = ("name", "reason")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.startswith(OF_AN_ORGANISATION):
            raise forms.ValidationError(_("Names that begin so belong to organisations. Choose another."))
        return name


class LastingForm(ReasonedForm):
    """A form for a key that ends some time, or never."""

    lasts = forms.ChoiceField(
        label=gettext_lazy("How long the key works"), widget=forms.RadioSelect, initial="365"
    )

    def __init__(self, *args: Any, at: datetime, **rest: Any) -> None:
        super().__init__(*args, at=at, **rest)
        field: Any = self.fields["lasts"]
        ends = [(days, _until(name, at + timedelta(days=int(days)))) for days, name in LIFETIMES.items()]
        field.choices = [*ends, (NEVER, _("Until it is revoked"))]

    @property
    def expires_at(self) -> datetime | None:
        chosen = self.cleaned_data["lasts"]
        return None if chosen == NEVER else self.at + timedelta(days=int(chosen))


class KeyForm(LastingForm):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(scope, MEANINGS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=("read",),
        error_messages={"required": gettext_lazy("Choose at least one thing that it may do.")},
    )
    field_order = ("scopes", "lasts", "reason")


class RotateForm(LastingForm):
    overlap = forms.ChoiceField(
        label=gettext_lazy("How long the old key goes on working"),
        widget=forms.RadioSelect,
        initial=str(OVERLAP // timedelta(hours=1)),
    )
    field_order = ("overlap", "lasts", "reason")

    def __init__(self, *args: Any, at: datetime, **rest: Any) -> None:
        super().__init__(*args, at=at, **rest)
        field: Any = self.fields["overlap"]
        field.choices = [(n, _until(name, at + timedelta(hours=int(n)))) for n, name in OVERLAPS.items()]

    @property
    def kept_for(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))


class RevokeForm(ReasonedForm):
    pass


def _until(name: object, ends_at: datetime) -> str:
    # Translators: a span and when it ends: A day, until 27 Nov 2026, 14:05 UTC
    return _("%(span)s, until %(instant)s") % {"span": name, "instant": instant(ends_at)}
