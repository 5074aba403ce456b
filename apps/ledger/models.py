from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Bucket(models.TextChoices):
    """The parts of a wallet, in no order; each is an account."""

    FREE = "free", "Free"
    ALLOCATED = "allocated", "Allocated"
    EARNED = "earned", "Earned"
    PURCHASED = "purchased", "Purchased"


class Account(models.Model):
    """A place where tokens are: a bucket of a wallet, or one of the platform's own accounts.

    Balances of buckets are stored and change under their holder's lock. Platform accounts have
    no stored balance: every charge would have to lock it. Theirs is the sum of their entries.
    """

    holder_id = models.BigIntegerField(null=True, blank=True, help_text="The wallet; none for the platform.")
    kind = models.CharField(max_length=20, help_text="A bucket, or the platform account's name.")
    source_id = models.BigIntegerField(
        default=0, help_text="For allocated tokens: the wallet of the organisation they came from."
    )
    balance = models.BigIntegerField(default=0, help_text="Micro-tokens; the sum of the entries.")
    held = models.BigIntegerField(default=0, help_text="Micro-tokens promised to open holds.")
    sequence = models.BigIntegerField(default=0, help_text="Number of entries so far.")
    overdraft = models.BooleanField(default=False, help_text="An unlimited wallet's: may go below zero.")
    filled_at = models.DateTimeField(null=True, blank=True, help_text="When it last rose from zero.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder_id", "kind", "source_id"], name="one_account_per_holder_kind_source"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(holder_id=None), name="one_platform_account_per_kind"
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_is_not_negative"),
            models.CheckConstraint(
                condition=Q(overdraft=True) | Q(balance__gte=models.F("held")), name="held_is_covered"
            ),
            models.CheckConstraint(
                condition=Q(holder_id__isnull=False) | Q(balance=0, held=0, sequence=0),
                name="platform_accounts_store_no_balance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of wallet {self.holder_id}" if self.holder_id else f"platform: {self.kind}"


class Transfer(models.Model):
    """Entries that sum to zero, with the number that people read out to support."""

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField(help_text="When it counts: a lapse is dated at the end of its cycle.")
    recorded_at = models.DateTimeField(help_text="When it was written.")
    description = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=160, help_text="Who caused it: a user, an API client, the clock.")
    charge_id = models.BigIntegerField(null=True, blank=True, help_text="The charge it belongs to.")
    bill_id = models.BigIntegerField(null=True, blank=True, help_text="The bill it belongs to.")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["charge_id"], name="transfer_of_charge", condition=Q(charge_id__isnull=False)
            ),
            models.Index(fields=["bill_id"], name="transfer_of_bill", condition=Q(bill_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"T-{self.number}"


class Entry(models.Model):
    """One line of a transfer: so many micro-tokens to (+) or from (−) an account."""

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    amount = models.BigIntegerField()
    sequence = models.BigIntegerField(null=True, help_text="Place in the bucket's own order.")
    balance_after = models.BigIntegerField(null=True, help_text="The bucket's balance after this entry.")

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "sequence"],
                name="entries_of_an_account_are_numbered",
                condition=Q(sequence__isnull=False),
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="an_entry_moves_something"),
        ]

    def __str__(self) -> str:
        return f"T-{self.transfer_id} · {self.account_id}"


class LedgerCheck(models.Model):
    """One proof of the books: who asked for it, what was counted, what it found."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        HOLDS = "holds", _("The ledger adds up")
        BROKEN = "broken", _("The ledger does not add up")
        STOPPED = "stopped", _("Stopped before its end")

    state = models.CharField(max_length=8, choices=State.choices)
    under_way = models.BooleanField(null=True, help_text="True while it waits or runs, else empty.")
    actor = models.CharField(max_length=160, help_text="Who asked for it: a person, the clock.")
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, help_text="Rows by table.")
    rules = models.PositiveIntegerField(default=0, help_text="How many rules were asked.")
    differences = models.JSONField(default=list, help_text="The first of each rule: rule, subject, detail.")
    outstanding = models.JSONField(
        default=dict, help_text="Micro-tokens by bucket: balance and held; below zero: owed."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["under_way"], name="one_check_at_a_time", condition=Q(under_way=True)
            ),
        ]

    def __str__(self) -> str:
        return f"Check of {self.started_at:%Y-%m-%d %H:%M}"
