from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.organisations.models import Organisation
from apps.wallets.models import Wallet


class Subject(models.TextChoices):
    """Whom a rule is about. A limit on `members` or a role is per person."""

    ORGANISATION = "organisation", "Organisation"
    MEMBERS = "members", "All members by default"
    ROLE = "role", "Role"
    MEMBER = "member", "Member"
    COST_CENTRE = "cost_centre", "Cost centre"
    PERSONAL = "personal", "Personal budget"


class FundingRule(models.Model):
    """Who pays for members: their own wallets with coverage, or the organisation for all."""

    class Mode(models.TextChoices):
        MEMBER_WALLETS = "member_wallets", "Member wallets"
        SHARED_POOL = "shared_pool", "Shared pool"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="funding_rules")
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=128, blank=True, help_text="Role, or the member's platform id.")
    mode = models.CharField(max_length=16, choices=Mode.choices)
    coverage_micro_percent = models.BigIntegerField(
        default=0, help_text="Millionths of a percent the organisation pays of AI spending."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject_type", "subject_key"], name="one_funding_rule_per_subject"
            ),
            models.CheckConstraint(
                condition=models.Q(coverage_micro_percent__range=(0, 100_000_000)),
                name="coverage_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} for {self.subject_type} {self.subject_key}"


class SpendingLimit(models.Model):
    """A cap on organisation-funded spending; no tokens means explicitly unlimited."""

    class Period(models.TextChoices):
        DAY = "day", "Day"
        WEEK = "week", "Week"
        MONTH = "month", "Month"
        TOTAL = "total", "In total"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="spending_limits")
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(
        max_length=128, blank=True, help_text="Role, or the platform's id of the member or cost centre."
    )
    period = models.CharField(max_length=5, choices=Period.choices)
    tokens_micro = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject_type", "subject_key", "period"],
                name="one_limit_per_subject_and_period",
            ),
            models.CheckConstraint(condition=models.Q(tokens_micro__gte=0), name="a_limit_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.period} limit of {self.subject_type} {self.subject_key}"


class PersonalBudget(models.Model):
    """A person's own monthly cap on what their own wallet pays; blocks or only warns."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_budget"
    )
    tokens_micro = models.BigIntegerField()
    blocks = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tokens_micro__gte=0), name="a_budget_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"Budget of {self.user_id}"


class SpendingTotal(models.Model):
    """What a subject has spent on one local day: the one source for limits and "consumed today".

    Scope is the wallet whose calendar counts: the organisation's, or a person's own for the personal
    budget. Open holds count; refunds and returns reduce the day the charge was created on.
    """

    scope = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_type = models.CharField(max_length=12)
    subject_key = models.CharField(max_length=128, blank=True)
    day = models.DateField()
    spent_micro = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "subject_type", "subject_key", "day"], name="one_total_per_subject_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_key} on {self.day}"


class Allocation(models.Model):
    """Tokens given to one member, or taken back: who did it, when and why."""

    class Direction(models.TextChoices):
        ALLOCATE = "allocate", "Allocated"
        RECLAIM = "reclaim", "Reclaimed"

    number = models.BigIntegerField(help_text="The run it belongs to.", db_index=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="allocations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="allocations")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    tokens_micro = models.BigIntegerField()
    transfer = models.ForeignKey("ledger.Transfer", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.direction} {self.tokens_micro}"
