"""A wallet as staff see it: what is in it, what binds it, and where every number comes from."""

from __future__ import annotations

from apps.staff.wallet_page.explaining import Explanation, explain
from apps.staff.wallet_page.page import WalletPage, load_wallet_page

__all__ = ["Explanation", "WalletPage", "explain", "load_wallet_page"]
