"""Where the parts of a usage page lead: other views of itself, and the transactions behind a figure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from apps.core.spans import DaySpan
from apps.portal.holdings import Holding
from apps.portal.usage_page.asked import Asked


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses for one page of usage."""

    holding: Holding
    asked: Asked
    person: str = ""
    """The name of the person the page is about, by which transactions are looked for."""

    def here(self, **changes: str) -> str:
        """The same page with some parts of its query changed."""
        return f"{self._page('usage')}?{self.asked.query(**changes)}"

    def csv(self) -> str:
        return f"{self._page('usage_csv')}?{self.asked.query()}"

    def transactions(self, span: DaySpan, **narrower: str) -> str:
        """The transactions of some days; empty where there is no such page: none is of one cost centre."""
        if self.asked.centre:
            return ""
        parts = {"from": span.first.isoformat(), "to": span.last.isoformat()}
        parts |= {"operation": self.asked.operation, "person": self.person} | narrower
        try:
            page = self._page("transactions")
        except NoReverseMatch:
            return ""
        return f"{page}?{urlencode({name: value for name, value in parts.items() if value})}"

    def _page(self, name: str) -> str:
        if self.holding.is_own:
            return reverse(name)
        return reverse(f"organisation_{name}", args=[self.holding.slug])
