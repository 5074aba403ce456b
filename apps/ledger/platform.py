"""The platform's own accounts: where tokens come from and where they go. Their ids never change."""

from __future__ import annotations

ISSUED = -1
"""Free tokens are granted from here."""
LAPSED = -2
"""Free tokens of a cycle that has ended."""
CONSUMED = -3
"""What charges took; refunds come from here."""
PROMOTED = -4
"""Gifts, events and loyalty."""
MIGRATED = -5
"""Balances brought along from an earlier system."""
ADJUSTED = -6
"""What staff credited or took to put something right."""
BILLED = -7
"""What hosting and storage bills took; voided ones and corrections come from here."""
SOLD = -8
"""Tokens that were paid for with money come from here."""

NAMES = {
    ISSUED: "issued",
    LAPSED: "lapsed",
    CONSUMED: "consumed",
    PROMOTED: "promoted",
    MIGRATED: "migrated",
    ADJUSTED: "adjusted",
    BILLED: "billed",
    SOLD: "sold",
}
