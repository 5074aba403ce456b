"""People in a CSV file, read row by row: who can be invited, and what is wrong with the others. Pure.

A line is ``e-mail, name, role, tokens``; with a head line the columns may come in any order. Commas,
semicolons and tabs are understood, as spreadsheets of all countries write them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.allocations.inviting import AT_ONCE, Guest, check_guest
from apps.core.errors import ValidationError
from apps.organisations.models import Role

COLUMNS = ("email", "name", "role", "tokens")
OTHER_NAMES = {"e-mail": "email", "mail": "email", "rolle": "role", "token": "tokens", "amount": "tokens"}


@dataclass(frozen=True, slots=True)
class GuestRow:
    """A line of the file by its number: a guest, or what is wrong with it."""

    line: int
    guest: Guest
    problem: str = ""


def read_guests(text: str, *, known: Mapping[str, str], read_amount: Callable[[str], int]) -> list[GuestRow]:
    """Every line that is not empty. `known` addresses need no invitation, with why; `read_amount` gives
    micro-tokens or raises ValueError with what to write. ValidationError if it is no table at all."""
    try:
        rows = _table(text.lstrip("\ufeff"))
    except csv.Error as error:
        words = {"count": csv.field_size_limit()}
        said = _("This is no list: one cell has more than %(count)d characters. Save it as CSV.") % words
        raise ValidationError({"people": [said]}) from error
    columns, first = _columns(rows[0][1]) if rows else (COLUMNS, 0)
    seen = dict(known)
    found: list[GuestRow] = []
    for line, cells in rows[first:]:
        row = _row(line, cells, columns, read_amount)
        email = row.guest.email.lower()
        if not row.problem and email in seen:
            row = GuestRow(line, row.guest, f"{row.guest.email} {seen[email]}")
        if not row.problem:
            seen[email] = _("is in line %(line)d already.") % {"line": line}
        if not row.problem and len(found) >= AT_ONCE:
            row = GuestRow(line, row.guest, _("More than 10000 people at once are not possible."))
        found.append(row)
    return found


def _table(text: str) -> list[tuple[int, list[str]]]:
    """Lines with their numbers, without empty ones, whatever they end with."""
    lines = io.StringIO(text.replace("\0", ""), newline=None)
    delimiter = max(",;\t", key=lines.readline().count)
    lines.seek(0)
    reader = csv.reader(lines, delimiter=delimiter)
    return [
        (reader.line_num, [cell.strip() for cell in cells])
        for cells in reader
        if any(cell.strip() for cell in cells)
    ]


def _columns(cells: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The columns by the head line, and where the people begin."""
    names = tuple(OTHER_NAMES.get(cell.lower(), cell.lower()) for cell in cells)
    return (names, 1) if "email" in names else (COLUMNS, 0)


def _row(
    line: int, cells: Sequence[str], columns: Sequence[str], read_amount: Callable[[str], int]
) -> GuestRow:
    by_name = dict(zip(columns, cells, strict=False))
    role = by_name.get("role", "").lower() or Role.MEMBER
    guest = Guest(by_name.get("email", ""), role, by_name.get("name", ""))
    if len(cells) > len(columns):
        words = {"count": len(cells), "columns": ", ".join(columns)}
        return GuestRow(line, guest, _("It has %(count)d columns; possible are: %(columns)s.") % words)
    if not guest.email:
        return GuestRow(line, guest, _("The e-mail address is missing."))
    typed = by_name.get("tokens", "")
    if typed:
        try:
            guest = Guest(guest.email, guest.role, guest.name, read_amount(typed))
        except ValueError as error:
            return GuestRow(line, guest, str(error))
    return GuestRow(line, guest, check_guest(guest))
