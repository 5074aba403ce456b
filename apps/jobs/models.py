from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One carrying out of a job, such as the bills of a month, cut into chunks."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Done, with failures")

    job = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True, help_text="What it is about, such as 2026-10.")
    scope = models.CharField(
        max_length=160, blank=True, help_text="Whom alone it is about, such as organisation:ID; empty: all."
    )
    actor = models.CharField(max_length=160, help_text="Who asked for it: a person, a command, the clock.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    under_way = models.BooleanField(null=True, default=True, help_text="True while it runs, else empty.")
    total = models.BigIntegerField(default=0, help_text="How many there were to do when it began.")
    asked_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "subject", "scope"],
                name="one_run_under_way",
                condition=models.Q(under_way=True),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="runs_under_way", condition=models.Q(under_way=True)),
        ]

    def __str__(self) -> str:
        return " ".join(word for word in (self.job, self.subject, self.scope) if word)


class Chunk(models.Model):
    """A part of a run: the keys from `first` to `last`, done in one transaction that also notes it here."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    size = models.PositiveIntegerField(help_text="So many keys there were when it was cut.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, help_text="What went wrong the last time.")
    worker = models.CharField(max_length=120, blank=True, help_text="Machine and process that did it.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "state", "id"], name="chunks_of_a_run_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first} to {self.last}"


class Ring(models.Model):
    """When a scheduled task was last begun and ended, and what it said."""

    task = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True, help_text="Empty when the last time went well.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When it last went wrong.")

    def __str__(self) -> str:
        return self.task
