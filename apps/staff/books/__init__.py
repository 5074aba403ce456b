"""The books as staff see them: read-only, every number a link to what explains it.

All of them are here, because charges, transfers and wallets link to one another in both directions.
"""

from __future__ import annotations

from apps.staff.books import charges, ledger, wallets

__all__ = ["charges", "ledger", "wallets"]
