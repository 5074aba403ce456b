from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.wallets.models import Wallet


class Threshold(models.Model):
    """Up to how many micro-tokens a role acts without a second person, from an instant on."""

    action = models.CharField(max_length=20)
    role = models.CharField(max_length=12, help_text="A group of staff, or superuser.")
    tokens_micro = models.BigIntegerField(help_text="Micro-tokens.")
    from_at = models.DateTimeField()
    set_by = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "role", "from_at"], name="one_threshold_per_action_role_and_instant"
            ),
            models.CheckConstraint(condition=Q(tokens_micro__gte=0), name="a_threshold_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.role} from {self.from_at:%Y-%m-%d}"


class Case(models.Model):
    """A problem somebody reported; the thing it is about was theirs to see when they did."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for you")
        SOLVED = "solved", _("Solved")

    class Category(models.TextChoices):
        COST = "cost", _("It cost too much")
        QUALITY = "quality", _("What I got was poor or broken")
        UNKNOWN = "unknown", _("I do not know what this is")
        MISSING = "missing", _("Tokens are missing")
        OTHER = "other", _("Something else")

    id = models.BigIntegerField(primary_key=True, help_text="Of the sequence that numbers transfers.")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cases")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_cases",
        help_text="Who of the staff looks after it.",
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    category = models.CharField(max_length=8, choices=Category.choices)
    title = models.CharField(max_length=200)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="cases", help_text="Concerned."
    )
    charge_id = models.BigIntegerField(null=True, blank=True)
    transfer_number = models.BigIntegerField(null=True, blank=True)
    form_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-changed_at"], name="cases_by_state"),
            models.Index(fields=["reporter", "-changed_at"], name="cases_of_reporter"),
            models.Index(
                fields=["charge_id"], name="cases_about_charge", condition=Q(charge_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people read out: ``P-1042``."""
        return f"P-{self.pk}"


class CaseEntry(models.Model):
    """One line of a case's history: a message, or what was done."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        TAKEN = "taken", _("Taken")
        WAITING = "waiting", _("Waiting for an answer")
        SOLVED = "solved", _("Solved")
        REOPENED = "reopened", _("Opened again")
        ACTION = "action", _("Done for you")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    from_staff = models.BooleanField()
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"{self.kind} in P-{self.case_id}"


class WalletNote(models.Model):
    """What staff want each other to know about a wallet; its owner does not see it."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"Note on wallet {self.wallet_id}"


class Proposal(models.Model):
    """What somebody of the staff wants done: carried out at once, or when another person has approved.

    `effect` is what they were shown. `version` rises with each change, so that nobody approves what they
    have not seen; what was approved is carried out in the same transaction, once.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for approval")
        EXECUTED = "executed", _("Done")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    reason = models.CharField(max_length=500)
    effect = models.JSONField()
    tokens_micro = models.BigIntegerField(null=True, blank=True, help_text="What it moves, unsigned.")
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    needs_second = models.BooleanField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=500, blank=True, help_text="What was said with the decision.")
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    charge_id = models.BigIntegerField(null=True, blank=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    transfer_number = models.BigIntegerField(null=True, blank=True, help_text="The receipt, if tokens moved.")
    form_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="executed", needs_second=True, decided_by=F("requested_by"))
                & ~Q(state="declined", decided_by=F("requested_by")),
                name="nobody_decides_on_their_own_proposal",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="a_proposal_is_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="proposals_by_state"),
            models.Index(
                fields=["charge_id"], name="proposals_about_charge", condition=Q(charge_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
