"""Fields of forms that pages share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.portal.amounts import read_amount

LONGEST_LIST = 1_000_000
"""Characters that a list of people may have."""


class PeopleField(forms.CharField):
    """Members, one on each line, as `portal.allocations_page.typed` reads them."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})
        label = _("Members, one on each line")
        super().__init__(label=label, required=False, max_length=LONGEST_LIST, widget=widget, **options)


class TokensField(forms.CharField):
    """Tokens as people type them; the cleaned value are micro-tokens."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
