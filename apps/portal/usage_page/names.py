"""How the rows of a usage breakdown are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import sql
from apps.identity.models import User
from apps.organisations.models import CostCentre
from apps.usage.history import ALLOCATED, COVERAGE, SHARED_POOL, Dimension, Part
from apps.wallets.models import Wallet

OWN_BUCKETS = {
    "free": gettext_noop("Your free tokens"),
    "earned": gettext_noop("Your earned tokens"),
    "purchased": gettext_noop("Your purchased tokens"),
}
BY_AN_ORGANISATION = {
    ALLOCATED: gettext_noop("Allocated by %(name)s"),
    COVERAGE: gettext_noop("Covered by %(name)s"),
    SHARED_POOL: gettext_noop("Shared pool of %(name)s"),
}
OF_AN_ORGANISATION = {
    ALLOCATED: gettext_noop("Allocated tokens"),
    COVERAGE: gettext_noop("Coverage"),
    SHARED_POOL: gettext_noop("Shared pool"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """What a row is called, a line under it, and the platform's id of a person or a cost centre."""

    text: str
    second: str = ""
    person: str = ""
    centre: str = ""


def names_of(parts: Sequence[Part], by: Dimension, *, price_book: str, is_organisation: bool) -> list[Name]:
    """The names of a breakdown's rows in their order: at most one query."""
    if by == "operation":
        known = operation_names([part.key for part in parts], price_book)
        return [known[part.key] for part in parts]
    if by == "person":
        people = _people([part.source_id for part in parts])
        return [people.get(part.source_id, Name(_("Somebody"))) for part in parts]
    if by == "cost_centre":
        return _centres([part.source_id for part in parts])
    if by == "payer":
        return _payers(parts, is_organisation)
    if by == "model":
        return [Name(part.key or _("Without a model")) for part in parts]
    return [_activity(part) for part in parts]


def operation_names(codes: Iterable[str], price_book: str) -> dict[str, Name]:
    """Operations of a price book by code, with their categories; codes it does not know speak for
    themselves."""
    wanted = sorted(set(codes))
    condition, values = sql.among("o.code", wanted)
    rows = sql.fetch(
        "SELECT o.code, o.name, k.name FROM pricing_operation o "
        "LEFT JOIN pricing_category k ON k.code = o.category_id "
        f"WHERE o.price_book_id = %s AND {condition}",
        [price_book, *values],
    )
    known = {code: Name(name, category or "") for code, name, category in rows}
    return {code: known.get(code) or Name(code.replace("_", " ").capitalize()) for code in wanted}


def person_of(key: str, organisation_wallet_id: int) -> tuple[int, str] | None:
    """The wallet and name of a present or former member by the platform's id; None for anybody else."""
    wallet = (
        Wallet.objects.select_related("user")
        .filter(owner_type="user", owner_key=key)
        .filter(user__memberships__organisation__wallet=organisation_wallet_id)
        .first()
    )
    return (wallet.pk, str(wallet.user)) if wallet else None


def _centres(ids: Sequence[int]) -> list[Name]:
    rows = CostCentre.objects.filter(pk__in=ids).select_related("parent")
    known = {
        row.pk: Name(row.name, row.parent.name if row.parent else "", centre=row.platform_id) for row in rows
    }
    return [known.get(number) or Name(_("No cost centre named")) for number in ids]


def _people(wallet_ids: Sequence[int]) -> dict[int, Name]:
    people = User.objects.filter(wallet__in=wallet_ids).values_list(
        "wallet__pk", "name", "email", "platform_id"
    )
    return {pk: Name(name or email or key, email if name else "", key) for pk, name, email, key in people}


def _payers(parts: Sequence[Part], is_organisation: bool) -> list[Name]:
    if is_organisation:
        return [Name(_(OF_AN_ORGANISATION[part.key])) for part in parts]
    sources = sorted({part.source_id for part in parts if part.source_id})
    rows = Wallet.objects.filter(pk__in=sources).values_list("pk", "organisation__name") if sources else ()
    known = dict(rows)
    return [
        Name(_(BY_AN_ORGANISATION[part.key]) % {"name": known.get(part.source_id) or ""})
        if part.source_id
        else Name(_(OWN_BUCKETS[part.key]))
        for part in parts
    ]


def _activity(part: Part) -> Name:
    kind, _space, number = part.key.partition(" ")
    if not number:
        return Name(_("No activity named"))
    kind = kind.replace("_", " ").capitalize()
    return Name(part.label or number, f"{kind} {number}" if part.label else kind)
