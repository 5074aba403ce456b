"""What Django finds on its own: everything staff may look at."""

from __future__ import annotations

from apps.staff import accounts, books
from apps.staff.approvals import admin as approvals
from apps.staff.cases import admin as cases
from apps.staff.clients import admin as clients
from apps.staff.hosting import admin as hosting
from apps.staff.plans import admin as plans
from apps.staff.prices import admin as prices
from apps.staff.types import admin as types

__all__ = ["accounts", "approvals", "books", "cases", "clients", "hosting", "plans", "prices", "types"]
