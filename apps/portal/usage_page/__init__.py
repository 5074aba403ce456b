"""What was used, by whom and when: the usage history of a person or an organisation, and its CSV."""

from apps.portal.usage_page.page import UsagePage, load_usage_page

__all__ = ["UsagePage", "load_usage_page"]
