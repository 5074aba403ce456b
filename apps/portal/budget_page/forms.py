"""What is typed on the budget page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.portal.fields import TokensField


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
