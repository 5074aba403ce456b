"""The statement of a month: as a page to read and print, as CSV and as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.core import figures
from apps.core.csv_files import Number, csv_text
from apps.core.errors import ValidationError
from apps.core.periods import month_of, zone
from apps.core.units import format_tokens
from apps.portal.holdings import Holding
from apps.portal.statement_page.pdf import write_pdf
from apps.portal.statement_page.statement import MonthStatement, load_statement, months_of, neighbours
from apps.portal.usage_page.views import file_answer, wallet_of
from apps.wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A wallet's statement with the months before and after it."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    statement: MonthStatement
    months: tuple[date, ...]
    earlier: date | None
    later: date | None

    @property
    def worth(self) -> str:
        return figures.money(self.statement.closing, self.holding.token_price_minor, self.holding.currency)

    @property
    def last_day(self) -> datetime:
        """The instant before it ends, in the wallet's zone."""
        return self.statement.until.astimezone(self.zone)

    def url(self, name: str = "statement", month: date | None = None) -> str:
        text = f"{month or self.statement.month:%Y-%m}"
        if self.holding.is_own:
            return reverse(name, args=[text])
        return reverse(f"organisation_{name}", args=[self.holding.slug, text])

    @property
    def earlier_url(self) -> str:
        return self.url(month=self.earlier) if self.earlier else ""

    @property
    def later_url(self) -> str:
        return self.url(month=self.later) if self.later else ""

    @property
    def csv_url(self) -> str:
        return self.url("statement_csv")

    @property
    def pdf_url(self) -> str:
        return self.url("statement_pdf")

    @property
    def transactions_url(self) -> str:
        return f"{self.holding.transactions_url}?month={self.statement.month:%Y-%m}"

    @property
    def file_name(self) -> str:
        return f"statement-{self.holding.owner_key}-{self.statement.month:%Y-%m}"


@require_safe
@login_required
def latest_statement(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The statement of the last month that is over, else of the first there is."""
    holding, shell = wallet_of(request, slug)
    wallet = Wallet.objects.get(pk=holding.wallet_id)
    months = months_of(shell.desk.wallets[wallet.pk].calendar, wallet.created_at, shell.at)
    month = f"{months[min(1, len(months) - 1)]:%Y-%m}"
    if holding.is_own:
        return redirect("statement", month)
    return redirect("organisation_statement", slug, month)


@require_safe
@login_required
def statement(request: HttpRequest, month: str, slug: str = "") -> HttpResponse:
    """A month of one's own wallet or, for those who read its money, of an organisation's."""
    return render(request, "portal/statement.html", {"page": _load(request, month, slug)})


@require_safe
@login_required
def statement_csv(request: HttpRequest, month: str, slug: str = "") -> HttpResponse:
    """The same lines as a file."""
    page = _load(request, month, slug)
    found = page.statement
    rows: list[tuple[str, str, int | str, str]] = [
        ("opening", "", "", Number(format_tokens(found.opening))),
        *(("in", line.label, line.count, Number(format_tokens(line.amount))) for line in found.came_in),
        *(("out", line.label, line.count, Number(format_tokens(-line.amount))) for line in found.went_out),
        ("closing", "", "", Number(format_tokens(found.closing))),
    ]
    return file_answer(f"{page.file_name}.csv", csv_text(("part", "what", "movements", "tokens"), rows))


@require_safe
@login_required
def statement_pdf(request: HttpRequest, month: str, slug: str = "") -> HttpResponse:
    """The same lines on paper."""
    page = _load(request, month, slug)
    content = write_pdf(page.statement, page.holding, zone=page.zone, at=page.at)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{page.file_name}.pdf"'
    return answer


def _load(request: HttpRequest, text: str, slug: str) -> StatementPage:
    holding, shell = wallet_of(request, slug)
    wallet = Wallet.objects.get(pk=holding.wallet_id)
    calendar = shell.desk.wallets[wallet.pk].calendar
    months = months_of(calendar, wallet.created_at, shell.at)
    try:
        month = month_of(text)
    except ValidationError as wrong:
        raise Http404 from wrong
    if month not in months:
        raise Http404
    return StatementPage(
        holding,
        shell.at,
        zone(calendar.zone_at(shell.at)),
        load_statement(wallet.pk, calendar, month, shell.desk, shell.at),
        tuple(months),
        *neighbours(months, month),
    )
