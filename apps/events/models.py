from __future__ import annotations

from django.db import models


class Event(models.Model):
    """Something that happened and is still to be told; told again until its receivers have dealt with it."""

    kind = models.CharField(max_length=40)
    key = models.BigIntegerField(help_text="What it happened to: a wallet's id, a transfer's number.")
    at = models.DateTimeField(help_text="When it happened.")
    due_at = models.DateTimeField(help_text="When it is told next.")
    told_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="events_to_tell", condition=models.Q(told_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
