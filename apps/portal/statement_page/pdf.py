"""A statement on paper: one page of A4, by the fonts that the PDF library carries."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.doctemplate import SimpleDocTemplate
from reportlab.platypus.flowables import Flowable, Spacer
from reportlab.platypus.paragraph import Paragraph
from reportlab.platypus.tables import Table, TableStyle

from apps.core import figures
from apps.portal.holdings import Holding
from apps.portal.statement_page.statement import MonthStatement

REGULAR, STRONG = "Vera", "VeraBd"
INK, SOFT, RULE = colors.HexColor("#1b1b1f"), colors.HexColor("#5b5b66"), colors.HexColor("#c9c9d1")


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """Register the fonts; the characters they can draw."""
    for name in (REGULAR, STRONG):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


def drawable(text: str) -> str:
    """The text with letters that the font cannot draw replaced by their plain ones: ``ń`` by ``n``."""
    known = _letters()
    return "".join(sign if ord(sign) in known else _plain(sign, known) for sign in text)


def _plain(sign: str, known: frozenset[int]) -> str:
    if sign == figures.MINUS:
        return "-"
    base = unicodedata.normalize("NFKD", {"ı": "i", "ł": "l", "Ł": "L"}.get(sign, sign))[:1]
    return base if base and ord(base) in known else "?"


def write_pdf(statement: MonthStatement, holding: Holding, *, zone: ZoneInfo, at: datetime) -> bytes:
    """The statement as a PDF file."""
    _letters()
    out = io.BytesIO()
    month = figures.month_and_year(statement.month)
    title = _("Statement of %(month)s") % {"month": month}
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=f"{title}, {holding.name}",
        author="Scrip",
    )
    document.build([*_head(statement, holding, title, zone), _table(statement), *_foot(zone, at)])
    return out.getvalue()


def _text(words: str, *, size: float = 9.5, soft: bool = False, strong: bool = False) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=STRONG if strong else REGULAR,
        fontSize=size,
        leading=size * 1.45,
        textColor=SOFT if soft else INK,
    )
    return Paragraph(escape(drawable(words)), style)


def _head(statement: MonthStatement, holding: Holding, title: str, zone: ZoneInfo) -> list[Flowable]:
    until = date_format(statement.until.astimezone(zone), "j F Y, H:i")
    days = _("All of the month.") if statement.is_whole else _("Until %(until)s.") % {"until": until}
    owner = _("Wallet of %(name)s (%(key)s)") % {"name": holding.name, "key": holding.owner_key}
    return [
        _text("Scrip", strong=True),
        Spacer(1, 10 * mm),
        _text(title, size=17, strong=True),
        Spacer(1, 1 * mm),
        _text(f"{owner}. {days}", soft=True),
        Spacer(1, 8 * mm),
    ]


def _table(statement: MonthStatement) -> Table:
    places = statement.places
    rows: list[list[str]] = [[_("What"), _("Movements"), _("Tokens")]]
    strong = [0]

    def add(label: str, count: str, amount: int, *, plus: bool = False, is_strong: bool = False) -> None:
        if is_strong:
            strong.append(len(rows))
        rows.append([drawable(label), count, drawable(str(figures.figure(amount, places, plus=plus)))])

    add(_("Balance at the start"), "", statement.opening, is_strong=True)
    for line in statement.came_in:
        add(line.label, figures.count(line.count), line.amount, plus=True)
    for line in statement.went_out:
        add(line.label, figures.count(line.count), line.taken, plus=True)
    add(_("Balance at the end"), "", statement.closing, is_strong=True)
    table = Table(rows, colWidths=[96 * mm, 28 * mm, 42 * mm], repeatRows=1)
    table.setStyle(_style(strong))
    return table


def _style(strong: Sequence[int]) -> TableStyle:
    commands: list[tuple[object, ...]] = [
        ("FONT", (0, 0), (-1, -1), REGULAR, 9.5),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("TEXTCOLOR", (0, 0), (-1, 0), SOFT),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -2), 0.4, RULE),
        ("LINEABOVE", (0, -1), (-1, -1), 1.1, INK),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
    commands += [("FONT", (0, row), (-1, row), STRONG, 9.5) for row in strong[1:]]
    return TableStyle(commands)


def _foot(zone: ZoneInfo, at: datetime) -> list[Flowable]:
    made = date_format(at.astimezone(zone), "j F Y, H:i")
    words = _("Times are those of %(zone)s. Made on %(made)s from the wallet's ledger.")
    return [Spacer(1, 8 * mm), _text(words % {"zone": zone.key, "made": made}, size=8, soft=True)]
