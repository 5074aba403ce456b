"""What an organisation's overview has beside its wallet: where the month leads, and who spends."""

from apps.portal.overview_page.page import Overview, load_overview

__all__ = ["Overview", "load_overview"]
