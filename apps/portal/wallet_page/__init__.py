"""The page of one wallet: what is left, where it went, what is promised, which limits hold."""

from apps.portal.wallet_page.page import WalletPage, load_wallet_page

__all__ = ["WalletPage", "load_wallet_page"]
