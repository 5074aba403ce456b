"""An amount as staff type it: by their own language's signs, or plain."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext as _

from apps.core.units import format_tokens, parse_tokens


class TokensField(forms.CharField):
    """Tokens above zero, or from zero up where `zero` says so; cleans to micro-tokens."""

    zero = False

    def __init__(self, **rest: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **rest)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            micro = parse_tokens(as_plain(str(text)))
        except ValueError as wrong:
            raise forms.ValidationError(
                _("Write a number of tokens, such as %(example)s.") % {"example": typed(12_500_000)}
            ) from wrong
        if not micro and not self.zero:
            raise forms.ValidationError(_("Write a number above zero."))
        return micro


def as_plain(text: str) -> str:
    """The reader's way of writing a number as plain decimal text: ``1.650,5`` → ``1650.5`` in German."""
    point = str(formats.get_format("DECIMAL_SEPARATOR"))
    group = str(formats.get_format("THOUSAND_SEPARATOR"))
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?", text, re.ASCII):
        text = text.replace(group, "")
    return text.replace(point, ".", 1)


def typed(micro: int) -> str:
    """An amount as it would be typed: the reader's decimal separator, no grouping."""
    return format_tokens(micro).replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))
