"""Fields of forms that pages share."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.portal.amounts import read_amount


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
