"""What Django finds on its own: everything staff may look at."""

from __future__ import annotations

from apps.staff import accounts, books

__all__ = ["accounts", "books"]
