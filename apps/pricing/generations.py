"""Which operations count as a generation."""

from __future__ import annotations

from apps.pricing.models import RateVersion


def generation_operations(price_book: str) -> dict[str, str]:
    """Names by code of the price book's operations that count as a generation, or once did."""
    rows = RateVersion.objects.filter(
        rate__operation__price_book_id=price_book, spec__counts_as_generation=True
    ).values_list("rate__operation__code", "rate__operation__name")
    return dict(rows.order_by("rate__operation__name").distinct())
