from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.organisations.models import CostCentre, Organisation
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
    set_at = models.DateTimeField(null=True, blank=True, help_text="When it got the value it has.")
    set_by = models.CharField(max_length=160, blank=True)

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


class DefaultLimit(models.Model):
    """What a new organisation may spend per period until it has limits of its own; staff set it."""

    period = models.CharField(max_length=5, choices=SpendingLimit.Period.choices, unique=True)
    tokens_micro = models.BigIntegerField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(tokens_micro__gte=0), name="a_default_limit_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} limit of new organisations"


class Earmark(models.Model):
    """So many tokens of the organisation's wallet that only one cost centre may spend.

    What the wallet pays for the centre from `from_on` on uses it up; `before_micro` had been paid for it
    on that day already.
    """

    cost_centre = models.OneToOneField(CostCentre, on_delete=models.CASCADE, related_name="earmark")
    tokens_micro = models.BigIntegerField()
    from_on = models.DateField()
    before_micro = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tokens_micro__gt=0), name="an_earmark_reserves"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens_micro} for {self.cost_centre_id}"


class LimitRequest(models.Model):
    """Somebody asks for more than a limit allows, and what was decided."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        GRANTED = "granted", "Granted until the period ends"
        RAISED = "raised", "Granted for good"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Taken back"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="limit_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="limit_requests"
    )
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=128, blank=True)
    period = models.CharField(max_length=5, choices=SpendingLimit.Period.choices)
    tokens_micro = models.BigIntegerField(help_text="How many more are asked for.")
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    granted_micro = models.BigIntegerField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=160, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "subject_type", "subject_key", "period"],
                name="one_open_request_per_limit",
                condition=models.Q(state="open"),
            ),
            models.CheckConstraint(
                condition=models.Q(tokens_micro__gt=0), name="a_request_asks_for_something"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state", "-asked_at"], name="requests_by_state")]

    def __str__(self) -> str:
        return f"R-{self.pk}"


class LimitRaise(models.Model):
    """So many tokens more under a limit, on the days of one period: it lapses by itself."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="limit_raises")
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=128, blank=True)
    period = models.CharField(max_length=5, choices=SpendingLimit.Period.choices)
    tokens_micro = models.BigIntegerField()
    first_on = models.DateField()
    until_on = models.DateField(help_text="The day on which it no longer holds.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tokens_micro__gt=0), name="a_raise_raises"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens_micro} more for {self.subject_type} {self.subject_key}"


class MemberAlert(models.Model):
    """Below which balance of a member both the member and those who decide are told."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="member_alert")
    below_micro = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(below_micro__gt=0), name="a_member_alert_is_above_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.below_micro} at {self.organisation_id}"


class AllocationBar(models.Model):
    """Whether a role or a member may be given tokens; without a row they may."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="allocation_bars")
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=128)
    barred = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject_type", "subject_key"], name="one_bar_per_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_key}: {'barred' if self.barred else 'may receive'}"


class RecurringAllocation(models.Model):
    """Tokens that members get every week or month, by themselves."""

    class Every(models.TextChoices):
        WEEK = "week", "Week"
        MONTH = "month", "Month"

    class Mode(models.TextChoices):
        ADD = "add", "Give so many"
        TOP_UP = "top_up", "Top up to so many"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="recurring_allocations"
    )
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=128, blank=True)
    mode = models.CharField(max_length=6, choices=Mode.choices)
    tokens_micro = models.BigIntegerField()
    every = models.CharField(max_length=5, choices=Every.choices)
    day = models.PositiveSmallIntegerField(
        help_text="Of the month (a shorter one: its last), or 1 for Monday."
    )
    note = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=160)
    made_at = models.DateTimeField()
    next_on = models.DateField(help_text="On which local day it is due next.")
    due_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    skipped = models.CharField(max_length=500, blank=True, help_text="Why it was skipped the last time.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tokens_micro__gt=0), name="a_recurring_one_gives"),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.tokens_micro} every {self.every}"


class Invitation(models.Model):
    """Somebody is asked by e-mail to become a member, perhaps with tokens to begin with."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10)
    tokens_micro = models.BigIntegerField(default=0, help_text="Allocated when it is accepted.")
    actor = models.CharField(max_length=160)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True, help_text="Why its tokens were not allocated.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                name="one_open_invitation_per_address",
                condition=models.Q(accepted_at=None, revoked_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(tokens_micro__gte=0), name="an_invitation_takes_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.organisation_id}"


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


class AllocationRun(models.Model):
    """Allocations or reclaims made together, numbered by the first; sent twice with one key it is one."""

    class Direction(models.TextChoices):
        ALLOCATE = "allocate", "Allocated"
        RECLAIM = "reclaim", "Reclaimed"

    number = models.BigIntegerField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="allocation_runs")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    members = models.PositiveIntegerField()
    tokens_micro = models.BigIntegerField(help_text="All of it together.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    note = models.CharField(max_length=500, blank=True)
    form_key = models.UUIDField(null=True, blank=True, unique=True)
    recurring = models.ForeignKey(
        RecurringAllocation, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )

    class Meta:
        indexes = [models.Index(fields=["organisation", "-number"], name="allocation_runs_newest")]

    def __str__(self) -> str:
        return f"A-{self.number}"


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
