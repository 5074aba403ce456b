from __future__ import annotations

from django.db import models

from apps.organisations.models import Organisation
from apps.pricing.models import PriceBook


class Plan(models.Model):
    """What staff offer: so many generations per period, free tokens a month, for a price."""

    class Period(models.TextChoices):
        MONTH = "month", "Month"
        YEAR = "year", "Year"

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    price_book = models.ForeignKey(PriceBook, on_delete=models.PROTECT, related_name="plans")
    price_minor = models.BigIntegerField(help_text="In cents of the price book's currency, per period.")
    period = models.CharField(max_length=5, choices=Period.choices)
    quota = models.PositiveIntegerField(help_text="Generations per period.")
    free_tokens_micro = models.BigIntegerField(
        default=0, help_text="Free micro-tokens a month for the organisation's wallet."
    )
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Not offered any more since then.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_minor__gte=0, free_tokens_micro__gte=0),
                name="a_plan_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A plan as an organisation has it, on its local days from `from_on` until before `until_on`.

    The terms are those of the plan when they began: a plan that is changed later does not change a
    period under way.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    name = models.CharField(max_length=80, help_text="The plan's, when it was assigned.")
    price_minor = models.BigIntegerField(help_text="In cents per period, when it was assigned.")
    period = models.CharField(max_length=5, choices=Plan.Period.choices)
    quota = models.PositiveIntegerField()
    free_tokens_micro = models.BigIntegerField(default=0)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                name="one_plan_without_end_per_organisation",
                condition=models.Q(until_on=None),
            ),
            models.CheckConstraint(
                condition=models.Q(until_on=None) | models.Q(until_on__gt=models.F("from_on")),
                name="a_subscription_lasts_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} from {self.from_on}"
