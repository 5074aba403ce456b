from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.pricing.models import HostingRateVersion
from apps.wallets.models import Wallet


class Resource(models.Model):
    """A campus, course, session or task that is hosted, as the platform reported it last."""

    class Kind(models.TextChoices):
        CAMPUS = "campus", _("Campus")
        COURSE = "course", _("Course")
        SESSION = "session", _("Session")
        TASK = "task", _("Task")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    platform_id = models.CharField(max_length=128, help_text="The platform's id of the resource.")
    name = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="resources")
    members = models.BigIntegerField(default=0)
    stored_bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(help_text="The earliest time it was reported for.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "platform_id"], name="one_resource_per_kind_and_id"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.platform_id}"


class Report(models.Model):
    """What a resource held from an instant until the next one's.

    A report of the same instant, or of an earlier end, supersedes it; the row stays.
    """

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="reports", db_index=False)
    since = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ended = models.BooleanField(default=False, help_text="From then on it is not there.")
    owner = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+", db_index=False)
    members = models.BigIntegerField()
    stored_bytes = models.BigIntegerField()
    actor = models.CharField(max_length=160)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "since"],
                name="one_report_per_resource_and_instant",
                condition=Q(superseded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} since {self.since:%Y-%m-%d %H:%M}"


class Share(models.Model):
    """Who pays for a resource from a report on, and with which weight."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="shares")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+", db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+", db_index=False)
    weight = models.BigIntegerField(help_text="Millionths; only their proportion counts.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weight__gt=0), name="a_share_weighs_something"),
        ]
        indexes = [
            models.Index(fields=["wallet", "resource"], name="resources_of_a_payer"),
        ]

    def __str__(self) -> str:
        return f"{self.weight} of {self.resource_id} for {self.wallet_id}"


class Payer(models.Model):
    """A wallet that pays for resources: the first month that is not closed yet, in the wallet's zone."""

    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, primary_key=True, related_name="payer")
    month = models.DateField(help_text="First day of the first month that is not closed.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    due_at = models.DateTimeField(
        db_index=True,
        help_text="When the clock bills it: at the end of the month it was first reported in, then monthly.",
    )

    def __str__(self) -> str:
        return f"wallet {self.wallet_id}"


class ClosedMonth(models.Model):
    """A payer's month that was billed: when it was, at which rates, and what it came to."""

    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="closed_months", db_index=False)
    month = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rates = models.ForeignKey(
        HostingRateVersion, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    closed_at = models.DateTimeField()
    stale = models.BooleanField(
        default=False, help_text="Something was reported late: the next bills put it right."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payer", "month"], name="a_month_is_closed_once_per_payer"),
        ]
        indexes = [
            models.Index(fields=["payer"], name="months_to_put_right", condition=Q(stale=True)),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of {self.payer_id}"


class Bill(models.Model):
    """What one resource owes for one month, to be paid from one payer's wallet."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        OVERDUE = "overdue", _("Overdue")
        SETTLED = "settled", _("Settled")
        VOID = "void", _("Void")

    id = models.BigIntegerField(primary_key=True, help_text="The number that people read out to support.")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="bills")
    payer = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="bills", db_index=False)
    month = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices)
    tokens_micro = models.BigIntegerField(help_text="Micro-tokens; below zero they returned to the payer.")
    lines = models.JSONField(help_text="How the tokens come about; see apps.hosting.lines.")
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Unpaid by then it is overdue.")
    settled_at = models.DateTimeField(null=True, blank=True)
    transfer_id = models.BigIntegerField(null=True, blank=True, help_text="The transfer that paid it.")
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=500, blank=True)
    refund_id = models.BigIntegerField(
        null=True, blank=True, help_text="The transfer that returned the tokens of a voided one."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "payer", "month"],
                name="one_bill_per_resource_payer_and_month",
                condition=~Q(state="void"),
            ),
        ]
        indexes = [
            models.Index(fields=["payer", "month", "id"], name="bills_of_a_payer_by_month"),
            models.Index(
                fields=["payer", "month", "id"],
                name="unpaid_bills_of_a_payer",
                condition=Q(state__in=("open", "overdue")),
            ),
            models.Index(fields=["due_at"], name="open_bills_by_deadline", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"B-{self.pk}"
