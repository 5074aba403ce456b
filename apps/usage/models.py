from __future__ import annotations

from django.db import models

from apps.identity.models import ApiClient
from apps.organisations.models import CostCentre
from apps.wallets.models import Wallet


class Charge(models.Model):
    """One use of a paid operation, from hold to refund. Amounts in micro-tokens.

    `draws` is what each bucket gave in all, in order:
    ``[account, wallet, bucket, source wallet, amount, cycle month or null]``. What of it is still spent
    follows from what the charge costs now (`funding.keep`), so a refund can always be explained.
    """

    class Status(models.TextChoices):
        HELD = "held", "Held"
        CAPTURED = "captured", "Captured"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"

    class BillingSource(models.TextChoices):
        TOKENS = "tokens", "Tokens"
        PLAN = "plan", "Plan"

    id = models.BigIntegerField(primary_key=True)
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False
    )
    event_id = models.CharField(max_length=255, null=True, blank=True, help_text="Of a usage event.")
    event_digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="charges",
        db_constraint=False,
        db_index=False,
        help_text="Of the person who used it.",
    )
    organisation_wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="member_charges",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    cost_centre = models.ForeignKey(
        CostCentre, on_delete=models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False
    )
    cost_centre_path = models.JSONField(default=list, help_text="The centre's id and its parents'.")
    operation = models.CharField(max_length=60)
    model = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=40, blank=True)
    rate_version_id = models.BigIntegerField()
    exchange_rate_id = models.BigIntegerField(null=True, blank=True)
    quantities = models.JSONField(help_text="Micro-units by unit.")
    used = models.JSONField(null=True, help_text="Micro-units reported as consumed so far.")
    options = models.JSONField()
    activity_type = models.CharField(max_length=128, blank=True)
    activity_id = models.CharField(max_length=128, blank=True)
    activity_label = models.CharField(max_length=200, blank=True)
    activity_url = models.CharField(max_length=500, blank=True)
    once_key = models.CharField(max_length=64, null=True, blank=True)
    metadata = models.JSONField(default=dict)
    estimated_micro = models.BigIntegerField()
    price_micro = models.BigIntegerField()
    uncollected_micro = models.BigIntegerField(default=0)
    refunded_micro = models.BigIntegerField(default=0)
    billing_source = models.CharField(max_length=6, choices=BillingSource.choices, default="tokens")
    generations = models.PositiveSmallIntegerField(
        default=0, help_text="1 while it counts for the plan's quota."
    )
    breakdown = models.JSONField()
    shared_pool = models.BooleanField(default=False)
    coverage_micro_percent = models.BigIntegerField(default=0)
    draws = models.JSONField()
    parties = models.JSONField(help_text="Owner type and id of every wallet in the draws.")
    days = models.JSONField(help_text="The local day of each scope on which the charge was created.")
    hold_seconds = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was released.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "event_id"],
                name="one_charge_per_event",
                condition=models.Q(event_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["once_key"],
                name="one_charge_per_once_key",
                condition=models.Q(once_key__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(price_micro__gte=0, uncollected_micro__gte=0, refunded_micro__gte=0),
                name="charge_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    price_micro__gte=models.F("uncollected_micro") + models.F("refunded_micro")
                ),
                name="a_refund_is_at_most_what_was_collected",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="charges_newest_first"),
            models.Index(fields=["wallet", "-created_at", "-id"], name="charges_of_wallet"),
            models.Index(
                fields=["organisation_wallet", "-created_at", "-id"],
                name="charges_of_organisation",
                condition=models.Q(organisation_wallet__isnull=False),
            ),
            models.Index(
                fields=["billing_source", "-id"],
                name="charges_paid_otherwise",
                condition=~models.Q(billing_source="tokens"),
            ),
            models.Index(
                fields=["status", "-id"],
                name="charges_not_captured",
                condition=~models.Q(status="captured"),
            ),
        ]

    def __str__(self) -> str:
        return f"C-{self.id}"


class DeniedAttempt(models.Model):
    """A charge or estimate that was refused: the first thing to look at when "it does not work"."""

    at = models.DateTimeField(db_index=True)
    client_name = models.CharField(max_length=80, blank=True)
    user_key = models.CharField(max_length=128, db_index=True)
    organisation_key = models.CharField(max_length=128, blank=True, db_index=True)
    operation = models.CharField(max_length=60)
    model = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=500)
    limit = models.JSONField(null=True, blank=True)
    tokens_micro = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.code} for {self.user_key}"


class UsageStatement(models.Model):
    """What a wallet that is paid for afterwards owes for one month: the basis of an invoice.

    `lines` are ``[what, code, micro-tokens]``: what was taken by operation and by kind, what came in, and
    what was paid from tokens at hand; together they are `tokens_micro`.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="usage_statements")
    month = models.DateField()
    lines = models.JSONField()
    tokens_micro = models.BigIntegerField()
    money_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    paid_micro = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "month"], name="one_usage_statement_a_month"),
            models.CheckConstraint(
                condition=models.Q(paid_micro__gte=0, paid_micro__lte=models.F("tokens_micro")),
                name="a_statement_is_paid_at_most_in_full",
            ),
        ]

    def __str__(self) -> str:
        return f"U-{self.pk}"
