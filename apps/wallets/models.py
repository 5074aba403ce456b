from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.core.periods import Calendar
from apps.ledger.models import Account, Transfer
from apps.organisations.models import Organisation
from apps.pricing.models import PriceBook


class Wallet(models.Model):
    """One per user and one per organisation, in one price book, with the owner's calendar."""

    class OwnerType(models.TextChoices):
        USER = "user", "User"
        ORGANISATION = "organisation", "Organisation"

    owner_type = models.CharField(max_length=12, choices=OwnerType.choices)
    owner_key = models.CharField(max_length=128, help_text="The platform's id of the owner.")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="wallet"
    )
    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="wallet"
    )
    price_book = models.ForeignKey(PriceBook, on_delete=models.PROTECT, db_index=False)
    unlimited = models.BooleanField(default=False, help_text="Post-paid: may go below zero.")
    unlimited_until = models.DateTimeField(
        null=True, blank=True, help_text="When it ceased to be: months until then still get a statement."
    )
    frozen = models.BooleanField(default=False)
    sequence = models.BigIntegerField(default=0, help_text="Number of movements so far.")
    time_zone = models.CharField(max_length=64, default="UTC")
    coming_time_zone = models.CharField(max_length=64, blank=True)
    zone_changes_at = models.DateTimeField(null=True, blank=True)
    cycle_month = models.DateField(help_text="First day of the month the present cycle stands for.")
    cycle_ends_at = models.DateTimeField()
    cycle_basis = models.BigIntegerField(
        default=0, help_text="Micro-tokens there were to spend this cycle: opening balance and credits since."
    )
    alert_below_micro = models.BigIntegerField(
        null=True, blank=True, help_text="The owner wants to know when less than this is available."
    )
    watch_micro = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Told when the balance falls below this: the owner's own alert, else an organisation's.",
    )
    watch_lower = models.JSONField(
        null=True, blank=True, help_text="Lower thresholds of the owner's other organisations, told too."
    )
    awaited = models.BooleanField(
        default=False, help_text="Something waits for tokens here: when some arrive, that is told."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_type", "owner_key"], name="one_wallet_per_owner"),
            models.CheckConstraint(
                condition=models.Q(alert_below_micro__gt=0), name="an_alert_is_above_nothing"
            ),
            models.CheckConstraint(
                condition=models.Q(owner_type="user", user__isnull=False, organisation=None)
                | models.Q(owner_type="organisation", user=None, organisation__isnull=False),
                name="a_wallet_has_one_owner",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="frozen_wallets", condition=models.Q(frozen=True)),
            models.Index(fields=["id"], name="awaited_wallets", condition=models.Q(awaited=True)),
            models.Index(fields=["cycle_ends_at", "id"], name="wallets_by_end_of_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_type} {self.owner_key}"

    @property
    def calendar(self) -> Calendar:
        """The owner's days."""
        return Calendar(self.time_zone, self.coming_time_zone, self.zone_changes_at)


class MonthlyGrant(models.Model):
    """Free tokens a month of one wallet by itself, for cycles that begin from then on.

    Organisations have theirs from a plan; people's follow from their account type.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="monthly_grants")
    from_at = models.DateTimeField()
    tokens_micro = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "from_at"], name="one_monthly_grant_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(tokens_micro__gte=0), name="a_monthly_grant_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tokens_micro} for {self.wallet_id} from {self.from_at:%Y-%m-%d}"


class Grant(models.Model):
    """The free tokens of one cycle, given once."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="grants")
    cycle_month = models.DateField()
    tokens_micro = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "cycle_month"], name="one_grant_per_wallet_and_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_month:%Y-%m} for {self.wallet_id}"


class Movement(models.Model):
    """What one transfer did to one wallet, in the wallet's own order."""

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="movements", db_constraint=False, db_index=False
    )
    sequence = models.BigIntegerField()
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="movements", db_constraint=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    amount = models.BigIntegerField(help_text="Micro-tokens, signed.")
    balance_after = models.BigIntegerField(help_text="Micro-tokens in all buckets after it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "sequence"], name="movements_of_a_wallet_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"T-{self.transfer_id} · {self.sequence}"


class Hold(models.Model):
    """A promise of tokens, open until its deadline; the row goes when the hold ends."""

    class Purpose(models.TextChoices):
        CHARGE = "charge", "Charge"

    id = models.BigIntegerField(primary_key=True, help_text="The number of what it is held for.")
    home = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        help_text="The wallet that settles it where it holds no tokens, but something else of that wallet.",
    )
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class HoldPart(models.Model):
    """So much of one bucket, held; free tokens remember the cycle they belong to."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="parts", db_constraint=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="hold_parts", db_constraint=False
    )
    amount = models.BigIntegerField()
    cycle_month = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="a_hold_part_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.account_id}"
