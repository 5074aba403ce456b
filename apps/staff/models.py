from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A search and filters of one list, kept by one person under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    list_label = models.CharField(max_length=80, help_text="The model's label, such as usage.charge.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="The address's query, without its question mark.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "list_label", "name"], name="one_saved_filter_per_person_list_and_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
