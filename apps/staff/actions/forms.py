"""The forms of what staff can do; `payload` is what a kind of `apps.support.deeds` takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.staff.actions.fields import TokensField, typed
from apps.support import notes
from apps.support.deeds.naming import BUCKETS
from apps.support.proposals import LONGEST_REASON
from apps.wallets.adjusting import ADJUSTABLE


class KeyedForm(forms.Form):
    """A form with a key of its own: sent twice it counts once."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    @property
    def key(self) -> UUID:
        found: UUID = self.cleaned_data["form_key"]
        return found


class ReasonForm(KeyedForm):
    """Says why; a wallet's freezing and a hold's release need no more."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept with the movement and in the trail. Colleagues read it, and so may the owner."),
    )
    subject = "wallet"

    def payload(self, key: int | str) -> dict[str, Any]:
        """What is asked for, of the wallet or charge with this key."""
        return {self.subject: key}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values for a payload."""
        return {}


class ReleaseForm(ReasonForm):
    subject = "charge"


class AdjustForm(ReasonForm):
    direction = forms.ChoiceField(
        label=_("What is to happen"),
        choices=[("credit", _("Credit tokens")), ("take", _("Take tokens back"))],
        widget=forms.RadioSelect,
        initial="credit",
    )
    tokens = TokensField(label=_("How many tokens"))
    bucket = forms.ChoiceField(
        label=_("Which tokens"),
        choices=[(kind, BUCKETS[kind]) for kind in ADJUSTABLE],
        initial="purchased",
        help_text=_("Allocated tokens are an organisation's: they move by allocation and reclaim."),
    )
    field_order = ("direction", "tokens", "bucket", "reason")

    def payload(self, key: int | str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        sign = 1 if cleaned["direction"] == "credit" else -1
        return {"wallet": key, "bucket": cleaned["bucket"], "tokens": sign * cleaned["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        tokens = payload["tokens"]
        direction = "credit" if tokens > 0 else "take"
        return {"direction": direction, "tokens": typed(abs(tokens)), "bucket": payload["bucket"]}


class PaymentForm(ReasonForm):
    tokens = TokensField(label=_("Tokens that were paid for"))
    field_order = ("tokens", "reason")

    def payload(self, key: int | str) -> dict[str, Any]:
        return {"wallet": key, "tokens": self.cleaned_data["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"tokens": typed(payload["tokens"])}


class RefundForm(ReasonForm):
    tokens = TokensField(label=_("How many tokens"))
    field_order = ("tokens", "reason")
    subject = "charge"

    def payload(self, key: int | str) -> dict[str, Any]:
        return {"charge": key, "tokens": self.cleaned_data["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"tokens": typed(payload["tokens"])}


class VoidForm(ReasonForm):
    subject = "bill"


class GrantField(TokensField):
    """Tokens a month; none is possible."""

    zero = True


class GrantForm(ReasonForm):
    tokens = GrantField(label=_("Free tokens a month"))
    field_order = ("tokens", "reason")
    subject = "account_type"

    def payload(self, key: int | str) -> dict[str, Any]:
        return {"account_type": key, "tokens": self.cleaned_data["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"tokens": typed(payload["tokens"])}


class AccountTypeForm(ReasonForm):
    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("The platform says it when it syncs people.")
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    tokens = GrantField(label=_("Free tokens a month"))
    field_order = ("code", "name", "tokens", "reason")

    def payload(self, key: int | str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {"account_type": cleaned["code"], "name": cleaned["name"], "tokens": cleaned["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "code": payload["account_type"],
            "name": payload["name"],
            "tokens": typed(payload["tokens"]),
        }


class PlanForm(ReasonForm):
    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    price_book = forms.CharField(label=_("Price book"), max_length=40, help_text=_("Its code."))
    # Read as an exact decimal of two places and kept in minor units: no float, no decimal column.
    price = forms.DecimalField(
        label=_("Price per period"), min_value=0, max_digits=12, decimal_places=2, localize=True
    )
    period = forms.ChoiceField(label=_("Period"), choices=[("month", _("Month")), ("year", _("Year"))])
    quota = forms.IntegerField(label=_("Generations per period"), min_value=0, max_value=1_000_000_000)
    free_tokens = GrantField(label=_("Free tokens a month"), initial="0")
    field_order = ("code", "name", "price_book", "price", "period", "quota", "free_tokens", "reason")
    subject = "plan"

    def payload(self, key: int | str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "plan": cleaned["code"],
            "name": cleaned["name"],
            "price_book": cleaned["price_book"],
            "price_minor": int(cleaned["price"] * 100),
            "period": cleaned["period"],
            "quota": cleaned["quota"],
            "free_tokens": cleaned["free_tokens"],
        }

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **{name: payload[name] for name in ("name", "price_book", "period", "quota")},
            "code": payload["plan"],
            "price": Decimal(payload["price_minor"]) / 100,
            "free_tokens": typed(payload["free_tokens"]),
        }


class RetireForm(ReasonForm):
    subject = "plan"


class AssignForm(ReasonForm):
    organisation = forms.CharField(
        label=_("Organisation"), max_length=128, help_text=_("The platform's id, such as aldermoor.")
    )
    plan = forms.SlugField(
        label=_("Plan"),
        max_length=40,
        required=False,
        help_text=_("Its code; empty lets the present one end."),
    )
    field_order = ("organisation", "plan", "reason")

    def payload(self, key: int | str) -> dict[str, Any]:
        return {"organisation": self.cleaned_data["organisation"], "plan": self.cleaned_data["plan"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"organisation": payload["organisation"], "plan": payload["plan"]}


class DefaultLimitForm(ReasonForm):
    tokens = GrantField(
        label=_("Tokens"), required=False, help_text=_("Empty is no limit; 0 lets nothing be spent.")
    )
    field_order = ("tokens", "reason")

    def payload(self, key: int | str) -> dict[str, Any]:
        return {"period": key, "tokens": self.cleaned_data["tokens"]}

    @classmethod
    def values_of(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        tokens = payload["tokens"]
        return {"tokens": "" if tokens is None else typed(tokens)}


class NoteForm(KeyedForm):
    text = forms.CharField(
        label=_("Note"),
        max_length=notes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For colleagues only: the owner of the wallet does not see it."),
    )
