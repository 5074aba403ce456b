"""What is typed on the budget page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.portal.amounts import read_amount


class TokensField(forms.CharField):
    """Tokens as people type them; the cleaned value are micro-tokens."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return read_amount(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class BudgetForm(forms.Form):
    """A monthly cap on what one's own wallet pays."""

    tokens = TokensField(label=gettext_lazy("Tokens a month"))
    then = forms.ChoiceField(
        label=gettext_lazy("When it is reached"),
        choices=(
            ("stop", gettext_lazy("Stop: my own wallet pays no more that month")),
            ("warn", gettext_lazy("Only show it on my wallet page")),
        ),
        widget=forms.RadioSelect,
        initial="stop",
    )


class AlertForm(forms.Form):
    """From which amount on to tell."""

    tokens = TokensField(label=gettext_lazy("Tell me below"))

    def clean_tokens(self) -> int:
        tokens: int = self.cleaned_data["tokens"]
        if tokens == 0:
            raise forms.ValidationError(_("Give more than 0 tokens; to hear nothing, take the alert away."))
        return tokens
