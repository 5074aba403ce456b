"""Bills in the reader's language: a line with its quantity, its rate, what is free, whose share it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import MICRO
from apps.hosting.lines import CORRECTION, HOSTING
from apps.hosting.models import Bill, Resource


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what it is, how much of it, what that costs, and the whole tokens (as micro-tokens)."""

    label: str
    quantity: str
    cost: str
    micro: int


def explain_line(line: Mapping[str, Any]) -> Step:
    """A line of a bill (`apps.hosting.lines`) in words."""
    if line["kind"] == CORRECTION:
        return _correction(line)
    make = _hosting if line["kind"] == HOSTING else _storage
    return make(line)


def _hosting(line: Mapping[str, Any]) -> Step:
    rate = figures.figure(line["rate"])
    if line["free"]:
        cost = _("free: one of the payer's first, by creation")
    elif not line["rate"]:
        cost = _("costs nothing for this kind")
    else:
        words = {"rate": rate, "exact": figures.figure(line["exact"])}
        cost = _("× %(rate)s tokens per member and month = %(exact)s") % words
    quantity = _("%(count)s members on average") % {"count": figures.figure(line["members"])}
    return Step(_("Hosting"), _with_share(quantity, line), cost, line["tokens"] * MICRO)


def _storage(line: Mapping[str, Any]) -> Step:
    all_stored, pool = line["all_stored"], line["pool"]
    words = {
        "all": gigabytes(all_stored),
        "free": gigabytes(pool),
        "billable": gigabytes(max(all_stored - pool, 0)),
        "rate": figures.figure(line["rate"]),
        "tokens": figures.figure(line["all_tokens"] * MICRO),
    }
    cost = _(
        "All resources together: %(all)s GB − %(free)s GB free = %(billable)s GB "
        "× %(rate)s tokens = %(tokens)s; this one's part by its bytes"
    )
    quantity = _("%(amount)s GB on average") % {"amount": gigabytes(line["stored"])}
    return Step(_("Storage"), _with_share(quantity, line), cost % words, line["tokens"] * MICRO)


def _with_share(quantity: str, line: Mapping[str, Any]) -> str:
    share: Sequence[int] | None = line.get("share")
    if not share:
        return quantity
    return _("%(quantity)s, the payer's %(share)s") % {"quantity": quantity, "share": share_words(share)}


def _correction(line: Mapping[str, Any]) -> Step:
    month = figures.month_and_year(date.fromisoformat(f"{line['month']}-01"))
    pattern = _("Hosting of %(month)s") if line["of"] == HOSTING else _("Storage of %(month)s")
    words = {"was": figures.figure(line["was"] * MICRO), "now": figures.figure(line["now"] * MICRO)}
    quantity = _("%(was)s were billed, %(now)s is right") % words
    cost = _("something was reported after that month was billed")
    return Step(pattern % {"month": month}, quantity, cost, line["tokens"] * MICRO)


def state_name(state: str) -> str:
    """A bill's state in the reader's language."""
    return {
        Bill.State.OPEN: _("To be paid"),
        Bill.State.OVERDUE: _("Overdue"),
        Bill.State.SETTLED: _("Paid"),
        Bill.State.VOID: _("Void"),
    }[Bill.State(state)]


def kind_name(kind: str) -> str:
    """A kind of resource in the reader's language."""
    return str(Resource.Kind(kind).label)


def share_words(share: Sequence[int]) -> str:
    """``2 of 3 parts``."""
    weight, total = share
    return _("%(weight)s of %(total)s parts") % {
        "weight": figures.figure(weight),
        "total": figures.figure(total),
    }


def gigabytes(number: int) -> str:
    """So many bytes in GB of 10⁹ bytes, as people read them."""
    micro = number * MICRO // 10**9
    return str(figures.figure(micro))
