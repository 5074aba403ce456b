"""What somebody looks for as conditions in SQL: on movements ``m`` and on charges ``c`` paid in whole.

Both know the transfer as ``t`` and the charge as ``c``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.portal.holdings import Holding
from apps.portal.transactions.wanted import OWN, Period, Wanted

_ELSEWHERE = "SELECT 1 FROM wallets_movement o WHERE o.transfer_id = {transfer} AND o.wallet_id <> {own}"
_OF_BUCKET = """EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
    WHERE e.transfer_id = m.transfer_id AND a.holder_id = m.wallet_id AND a.kind = %s)"""
_PEOPLE = """SELECT w.id FROM wallets_wallet w JOIN identity_user u ON u.id = w.user_id
    JOIN organisations_membership b ON b.user_id = u.id
    WHERE b.organisation_id = (SELECT organisation_id FROM wallets_wallet WHERE id = %s)
    AND (UPPER(u.name) LIKE UPPER(%s) ESCAPE '!' OR UPPER(u.email) LIKE UPPER(%s) ESCAPE '!'
         OR u.platform_id = %s)"""
_ORGANISATIONS = """SELECT w.id FROM wallets_wallet w
    JOIN organisations_organisation g ON g.id = w.organisation_id
    WHERE UPPER(g.name) LIKE UPPER(%s) ESCAPE '!'"""
_OF_SLUG = """SELECT w.id FROM wallets_wallet w
    JOIN organisations_organisation g ON g.id = w.organisation_id WHERE g.slug = %s"""


@dataclass(slots=True)
class Condition:
    """Conditions that must all hold, and their parameters in order."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: str, *values: Any) -> None:
        self.parts.append(part)
        self.values += values

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def on_movements(holding: Holding, wanted: Wanted, period: Period) -> Condition:
    """On movements of the wallet."""
    found = Condition()
    found.add("m.wallet_id = %s", holding.wallet_id)
    if wanted.number is not None:
        return _numbered(found, "m.transfer_id", wanted.number)
    _within(found, "m.at", period)
    if wanted.type:
        found.add("m.kind = %s", wanted.type)
    if wanted.bucket:
        found.add(_OF_BUCKET, wanted.bucket)
    _of_charge(found, holding, wanted, transfer="m.transfer_id", own="m.wallet_id")
    return found


def on_paid_charges(holding: Holding, wanted: Wanted, period: Period) -> Condition | None:
    """On charges of a person that organisations paid in whole; None where none can be meant."""
    other_type = wanted.type not in {"", "charge"}
    if not holding.is_own or other_type or wanted.bucket or wanted.payer == OWN:
        return None
    found = Condition()
    found.add("c.wallet_id = %s AND c.organisation_wallet_id IS NOT NULL", holding.wallet_id)
    if wanted.number is not None:
        return _numbered(found, "t.number", wanted.number)
    _within(found, "c.created_at", period)
    _of_charge(found, holding, wanted, transfer="t.number", own="c.wallet_id")
    return found


def _numbered(found: Condition, column: str, number: int) -> Condition:
    transfers = "SELECT number FROM ledger_transfer WHERE number = %s OR charge_id = %s"
    found.add(f"{column} IN ({transfers})", number, number)
    return found


def _within(found: Condition, column: str, period: Period) -> None:
    if period.from_at is not None:
        found.add(f"{column} >= %s", period.from_at)
    if period.to_at is not None:
        found.add(f"{column} < %s", period.to_at)


def _of_charge(found: Condition, holding: Holding, wanted: Wanted, *, transfer: str, own: str) -> None:
    elsewhere = _ELSEWHERE.format(transfer=transfer, own=own)
    if wanted.operation:
        found.add("c.operation = %s", wanted.operation)
    if wanted.payer == OWN:
        found.add(f"c.id IS NOT NULL AND NOT EXISTS ({elsewhere})")
    elif wanted.payer:
        found.add(f"c.id IS NOT NULL AND EXISTS ({elsewhere} AND o.wallet_id IN ({_OF_SLUG}))", wanted.payer)
    if wanted.person and not holding.is_own:
        people, values = _owners(holding, wanted.person)
        found.add(*_about(people, values, elsewhere))
    if wanted.q:
        _of_text(found, holding, wanted.q, elsewhere)


def _of_text(found: Condition, holding: Holding, text: str, elsewhere: str) -> None:
    """The text stands in an operation, model, activity or note, or is part of a name."""
    owners, values = _owners(holding, text)
    about, about_values = _about_with(owners, values, elsewhere)
    like = f"%{_escaped(text)}%"
    operations = """SELECT code FROM pricing_operation WHERE price_book_id = %s
        AND (UPPER(name) LIKE UPPER(%s) ESCAPE '!' OR code = %s)"""
    plain = " OR ".join(
        f"UPPER({column}) LIKE UPPER(%s) ESCAPE '!'" for column in ("c.model", "c.activity_label", "t.note")
    )
    found.add(
        f"(c.operation IN ({operations}) OR {plain} OR {about})",
        holding.price_book,
        like,
        text,
        *[like] * 3,
        *about_values,
    )


def _owners(holding: Holding, text: str) -> tuple[str, list[Any]]:
    """The wallets of members, or for a person of organisations, whose name holds the text."""
    like = f"%{_escaped(text)}%"
    if holding.is_own:
        return _ORGANISATIONS, [like]
    return _PEOPLE, [holding.wallet_id, like, like, text]


def _about(owners: str, values: list[Any], elsewhere: str) -> tuple[Any, ...]:
    part, both = _about_with(owners, values, elsewhere)
    return f"({part})", *both


def _about_with(owners: str, values: list[Any], elsewhere: str) -> tuple[str, list[Any]]:
    part = f"c.wallet_id IN ({owners}) OR EXISTS ({elsewhere} AND o.wallet_id IN ({owners}))"
    return part, [*values, *values]


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
