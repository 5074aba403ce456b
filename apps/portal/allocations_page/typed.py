"""People and amounts as they are typed or pasted: a line each, by e-mail, id or name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.allocations.audience import Candidate
from apps.portal.amounts import read_amount

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its number: whom it means and how many micro-tokens, or what is wrong with it."""

    number: int
    text: str
    key: str = ""
    tokens: int | None = None
    problem: str = ""


def read_lines(text: str, members: Sequence[Candidate], *, with_amounts: bool) -> list[Line]:
    """Every line that is not empty; a head line without any member in it is passed over."""
    known = _names(members)
    found: list[Line] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.replace("\0", "").splitlines(), 1):
        line = raw.strip().strip("\ufeff")
        if not line:
            continue
        read = _line(number, line, known, with_amounts)
        if read.key and read.key in seen:
            words = {"line": seen[read.key]}
            read = Line(number, line, problem=_("This member is in line %(line)d already.") % words)
        if number == 1 and read.problem and _is_head(line):
            continue
        if read.key:
            seen[read.key] = number
        found.append(read)
    for place in range(MOST, len(found)):
        found[place] = Line(found[place].number, found[place].text, problem=_("At most 10000 at once."))
    return found


def _names(members: Sequence[Candidate]) -> Mapping[str, list[str]]:
    """Members by what they may be called. A name that looks like an address is none: people choose their
    names, and nobody may receive what is meant for somebody else's address."""
    known: dict[str, list[str]] = {}
    for member in members:
        called = "" if "@" in member.name else member.name.lower()
        for name in {member.key.lower(), member.email.lower(), called} - {""}:
            known.setdefault(name, []).append(member.key)
    return known


def _is_head(line: str) -> bool:
    return bool(re.match(r"(e-?mail|id|member|mitglied|name)\b", line, re.IGNORECASE)) and "@" not in line


def _line(number: int, line: str, known: Mapping[str, list[str]], with_amounts: bool) -> Line:
    who, typed = _parts(line) if with_amounts else (line.strip('",;\t '), "")
    found = known.get(who.lower(), [])
    if not found and not with_amounts:
        who = _parts(line)[0]
        found = known.get(who.lower(), [])
    if not found:
        return Line(number, line, problem=_("“%(who)s” is not a member.") % {"who": who[:80]})
    if len(found) > 1:
        words = {"who": who[:80], "count": len(found)}
        return Line(
            number, line, problem=_("%(count)d members are called “%(who)s”: write the e-mail.") % words
        )
    if not with_amounts:
        return Line(number, line, found[0])
    if not typed:
        return Line(number, line, problem=_("The amount is missing: write it after a semicolon."))
    try:
        tokens = read_amount(typed)
    except ValueError as error:
        return Line(number, line, problem=str(error))
    if not tokens:
        return Line(number, line, problem=_("Nothing would move: leave the line out."))
    return Line(number, line, found[0], tokens)


def _parts(line: str) -> tuple[str, str]:
    """Who and how much: at the last tab or semicolon, else at the first comma."""
    for separator in ("\t", ";"):
        if separator in line:
            who, _separator, amount = line.rpartition(separator)
            return who.strip('" '), amount.strip('" ')
    who, _comma, amount = line.partition(",")
    return who.strip('" '), amount.strip('" ')
