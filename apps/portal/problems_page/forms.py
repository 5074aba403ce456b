"""The report of a problem, and another message about one."""

from __future__ import annotations

from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.support.cases import LONGEST
from apps.support.models import Case


class MessageForm(forms.Form):
    """A message; sent twice it counts once."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = forms.CharField(
        label=_("What you want to add"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )

    @property
    def key(self) -> UUID:
        found: UUID = self.cleaned_data["form_key"]
        return found


class ReportForm(MessageForm):
    about = forms.CharField(
        label=_("Number"),
        max_length=40,
        required=False,
        help_text=_(
            "Of the charge or transaction, such as C-1042 or T-1042. Leave it empty for anything else."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    category = forms.ChoiceField(
        label=_("What is wrong"), choices=Case.Category.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("What happened, and what you expected"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    field_order = ("about", "category", "text")
