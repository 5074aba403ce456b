"""What must be so with prices: those published can neither be changed nor deleted."""

from __future__ import annotations

from apps.core.proof import Rule, TriggerRule
from apps.pricing.models import APPEND_ONLY

TABLES: tuple[str, ...] = ()

RULES: tuple[Rule, ...] = (TriggerRule("Published prices are append-only", APPEND_ONLY),)
