"""Where staff begin their day: what needs attention, how today goes, what colleagues did."""

from __future__ import annotations

from apps.staff.start_page.page import StartPage, load_start_page

__all__ = ["StartPage", "load_start_page"]
