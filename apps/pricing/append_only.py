"""Rows that are written once: prices that a past charge may have been made with."""

from __future__ import annotations

from typing import Any

from django.db import models


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Refuses to change or delete in bulk."""

    def update(self, **values: Any) -> int:
        raise TypeError("These rows are never changed; add a new one.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("These rows are never deleted; add a new one.")


class AppendOnly(models.Model):
    """A row that can be added but neither changed nor deleted; TypeError says so."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("This row is never changed; add a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("This row is never deleted; add a new one.")
