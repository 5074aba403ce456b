"""Where a wallet's numbers come from: lines that add up to them, each with the page that shows it.

Read from the present month's rows only: what was before is one line, the balance after the last
movement before it. Amounts are signed micro-tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core import figures, sql
from apps.core.errors import NotFound
from apps.staff.wallet_page.state import Standing, load_standing
from apps.staff.wording import bucket_name, kind_name


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation and the page that shows what is behind it."""

    label: str
    amount: int
    url: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A number as the sum of its lines. `checks` are other ways to the same number: label and amount."""

    title: str
    sentence: str
    lines: tuple[Line, ...]
    total: int
    total_label: str
    checks: tuple[Line, ...] = ()

    @property
    def places(self) -> int:
        return figures.places_for([self.total, *(line.amount for line in (*self.lines, *self.checks))])

    @property
    def adds_up(self) -> bool:
        """Whether the lines are the number, and every other way leads to it too."""
        ways = [sum(line.amount for line in self.lines), *(line.amount for line in self.checks)]
        return all(way == self.total for way in ways)


def explain(wallet_id: int, what: str, *, at: datetime) -> Explanation:
    """The explanation of ``balance``, ``held``, ``available``, ``spent`` or ``bucket-<account>``; NotFound
    for anything else."""
    standing = load_standing(wallet_id, at=at)
    name, _dash, key = what.partition("-")
    if name == "bucket" and key.isascii() and key.isdigit():
        return _bucket(standing, int(key))
    known: dict[str, Callable[[Standing], Explanation]] = {
        "balance": _balance,
        "held": _held,
        "available": _available,
        "spent": _spent,
    }
    if what not in known:
        raise NotFound(f"Nothing is called {what[:40]} here.")
    return known[what](standing)


_OPENING = """
SELECT sequence, balance_after, transfer_id FROM wallets_movement
WHERE wallet_id = %s AND at < %s ORDER BY sequence DESC LIMIT 1
"""
_BY_KIND = """
SELECT kind, SUM(amount), COUNT(*) FROM wallets_movement
WHERE wallet_id = %s AND sequence > %s GROUP BY kind ORDER BY kind
"""


def _balance(standing: Standing) -> Explanation:
    wallet, stored = standing.wallet, _stored(standing)
    last, opening, transfer = _first(sql.fetch(_OPENING, [wallet.id, standing.month_begins]))
    rows = sql.fetch(_BY_KIND, [wallet.id, last])
    lines = [_opening(standing, opening, transfer), *_kinds(rows, _movements_of(standing))]
    lines += _due(wallet.balance - stored)
    return Explanation(
        title=_("Balance"),
        sentence=_("What was there when the month began, and what came in and went out since, by kind."),
        lines=tuple(lines),
        total=wallet.balance,
        total_label=_("Balance now"),
        checks=(
            Line(_("The buckets together"), sum(b.balance for b in wallet.buckets.values())),
            Line(_("After the last movement"), _last_balance(wallet.id) + wallet.balance - stored),
        ),
    )


def _stored(standing: Standing) -> int:
    """The balance as it is written, before what is due."""
    return sum(bucket.loaded_balance for bucket in standing.wallet.buckets.values())


def _last_balance(wallet_id: int) -> int:
    rows = sql.fetch(
        "SELECT balance_after FROM wallets_movement WHERE wallet_id = %s ORDER BY sequence DESC LIMIT 1",
        [wallet_id],
    )
    return int(rows[0][0]) if rows else 0


def _first(rows: list[tuple[Any, ...]]) -> tuple[int, int, int | None]:
    return (int(rows[0][0]), int(rows[0][1]), rows[0][2]) if rows else (0, 0, None)


def _opening(standing: Standing, opening: int, transfer: int | None) -> Line:
    month = date_format(standing.month, "F")
    url = reverse("admin:ledger_transfer_change", args=[transfer]) if transfer else ""
    detail = _("after T-%(number)s") % {"number": transfer} if transfer else _("nothing was there yet")
    return Line(_("When %(month)s began") % {"month": month}, opening, url, detail)


def _kinds(rows: Iterable[tuple[Any, ...]], url: Callable[[str], str]) -> Iterable[Line]:
    for kind, amount, count in rows:
        yield Line(kind_name(kind), int(amount), url(kind), f"{count} ×")


def _movements_of(standing: Standing) -> Callable[[str], str]:
    root = reverse("admin:wallets_movement_changelist")
    return lambda kind: f"{root}?wallet__id__exact={standing.wallet.id}&kind={kind}"


def _due(amount: int) -> list[Line]:
    """What holds past their deadline and ended cycles will write with the next movement."""
    if not amount:
        return []
    return [Line(_("Due, written with the next movement"), amount)]


_BUCKET_OPENING = """
SELECT e.sequence, e.balance_after, e.transfer_id FROM ledger_entry e
JOIN ledger_transfer t ON t.number = e.transfer_id
WHERE e.account_id = %s AND e.sequence IS NOT NULL AND t.at < %s ORDER BY e.sequence DESC LIMIT 1
"""
_BUCKET_KINDS = """
SELECT t.kind, SUM(e.amount), COUNT(*) FROM ledger_entry e
JOIN ledger_transfer t ON t.number = e.transfer_id
WHERE e.account_id = %s AND e.sequence > %s GROUP BY t.kind ORDER BY t.kind
"""


def _bucket(standing: Standing, account_id: int) -> Explanation:
    buckets = {bucket.account_id: bucket for bucket in standing.wallet.buckets.values()}
    bucket = buckets.get(account_id)
    if bucket is None:
        raise NotFound(f"Account {account_id} is no bucket of this wallet.")
    last, opening, transfer = _first(sql.fetch(_BUCKET_OPENING, [account_id, standing.month_begins]))
    entries = f"{reverse('admin:ledger_entry_changelist')}?account__id__exact={account_id}"
    rows = sql.fetch(_BUCKET_KINDS, [account_id, last])
    lines = [_opening(standing, opening, transfer), *_kinds(rows, lambda _kind: entries)]
    return Explanation(
        title=_("%(bucket)s tokens") % {"bucket": bucket_name(bucket.kind)},
        sentence=_("The entries of this bucket: what was there when the month began, and since, by kind."),
        lines=(*lines, *_due(bucket.balance - bucket.loaded_balance)),
        total=bucket.balance,
        total_label=_("In this bucket now"),
    )


_HOLDS = """
SELECT p.hold_id, a.kind, p.amount, h.expires_at FROM wallets_holdpart p
JOIN ledger_account a ON a.id = p.account_id JOIN wallets_hold h ON h.id = p.hold_id
WHERE a.holder_id = %s AND h.expires_at > %s ORDER BY h.expires_at, p.hold_id, p.id
"""


def _held(standing: Standing) -> Explanation:
    rows = sql.fetch(_HOLDS, [standing.wallet.id, standing.at])
    lines = [
        Line(
            f"C-{hold}",
            int(amount),
            reverse("admin:usage_charge_change", args=[hold]),
            _("%(bucket)s, until %(end)s")
            % {"bucket": bucket_name(kind), "end": _moment(sql.instant(ends), standing)},
        )
        for hold, kind, amount, ends in rows
    ]
    return Explanation(
        title=_("Held"),
        sentence=_("What charges under way have been promised. It comes back if they do not use it."),
        lines=tuple(lines),
        total=standing.wallet.held,
        total_label=_("Held now"),
    )


def _moment(instant: datetime, standing: Standing) -> str:
    return date_format(instant.astimezone(standing.zone), "j M, H:i")


def _available(standing: Standing) -> Explanation:
    wallet = standing.wallet
    place = "staff_explain_wallet"
    return Explanation(
        title=_("Available"),
        sentence=_("What can be spent: the balance without what is held."),
        lines=(
            Line(_("Balance"), wallet.balance, reverse(place, args=[wallet.id, "balance"])),
            Line(_("Held"), -wallet.held, reverse(place, args=[wallet.id, "held"])),
        ),
        total=wallet.available,
        total_label=_("Available now"),
    )


_SPENT = """
SELECT COALESCE(c.operation, ''), -SUM(m.amount), COUNT(DISTINCT c.id) FROM wallets_movement m
JOIN ledger_transfer t ON t.number = m.transfer_id LEFT JOIN usage_charge c ON c.id = t.charge_id
WHERE m.wallet_id = %s AND m.kind IN ('charge', 'refund') AND m.sequence > COALESCE((
    SELECT o.sequence FROM wallets_movement o WHERE o.wallet_id = %s AND o.at < %s
    ORDER BY o.sequence DESC LIMIT 1), 0)
GROUP BY c.operation ORDER BY 2 DESC
"""


def spent_since(wallet_id: int, begin: datetime) -> int:
    """What the wallet paid since an instant, refunds taken off."""
    rows = sql.fetch(_SPENT, [wallet_id, wallet_id, begin])
    return sum(int(row[1]) for row in rows)


def _spent(standing: Standing) -> Explanation:
    wallet_id, begin = standing.wallet.id, standing.month_begins
    lines = [
        Line(operation or _("Without a charge"), int(amount), _charges(standing, operation), f"{count} ×")
        for operation, amount, count in sql.fetch(_SPENT, [wallet_id, wallet_id, begin])
    ]
    return Explanation(
        title=_("Spent this month"),
        sentence=_("What this wallet paid for charges, by operation, refunds taken off."),
        lines=tuple(lines),
        total=sum(line.amount for line in lines),
        total_label=_("Spent in %(month)s") % {"month": date_format(standing.month, "F")},
    )


def _charges(standing: Standing, operation: str) -> str:
    """The list of this month's charges of one operation that the wallet may have paid for."""
    place = "wallet" if standing.row.user_id is not None else "organisation_wallet"
    wanted = {
        f"{place}__id__exact": standing.wallet.id,
        "operation": operation,
        "created_at__gte": standing.month_begins.isoformat(),
    }
    return f"{reverse('admin:usage_charge_changelist')}?{urlencode(wanted)}"
