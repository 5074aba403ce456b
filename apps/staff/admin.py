"""What Django finds on its own: everything staff may look at."""

from __future__ import annotations

from apps.staff import books

__all__ = ["books"]
