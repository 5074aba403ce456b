"""The hosting and storage rates of a price book's file, checked; and the spec that a version keeps.

A spec is a JSON object: ``kinds`` (a kind with ``tokens`` a member and month and how many are ``free``),
``tokens_per_gb``, ``free_gb`` by kind of payer, ``grace_days``. Numbers are plain decimal text or whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.units import MICRO, parse_plain
from apps.pricing.file_tables import Table
from apps.pricing.hosting import GIGABYTE, KINDS, OWNERS, HostingRates, KindRate

Spec = dict[str, Any]


def read_hosting(top: Table) -> Spec:
    """The tables `hosting` and `storage`; a file without them says that both cost nothing."""
    hosting, storage = top.table("hosting"), top.table("storage")
    grace_days = hosting.scaled("grace_days", 1, "7")
    kinds = [_kind(name, table) for name, table in hosting.named()]
    for kind in kinds:
        if kind["kind"] not in KINDS:
            raise hosting.error(kind["kind"], f"must be one of: {', '.join(KINDS)}.")
    pools = storage.table("free_gb")
    spec = {
        "kinds": kinds,
        "tokens_per_gb": _micro(storage, "tokens_per_gb"),
        "free_gb": {owner: _micro(pools, owner) for owner in OWNERS},
        "grace_days": grace_days,
    }
    pools.finish()
    storage.finish()
    return spec


def compile_hosting(version_id: int, effective_from: datetime, spec: Mapping[str, Any]) -> HostingRates:
    """From a version's decimal text to whole numbers."""
    return HostingRates(
        version_id=version_id,
        effective_from=effective_from,
        kinds={
            entry["kind"]: KindRate(parse_plain(entry["tokens"]), entry["free"]) for entry in spec["kinds"]
        },
        micro_per_gigabyte=parse_plain(spec["tokens_per_gb"]),
        free_bytes={
            owner: parse_plain(number) * GIGABYTE // MICRO for owner, number in spec["free_gb"].items()
        },
        grace_days=spec["grace_days"],
    )


def _kind(name: str, table: Table) -> dict[str, Any]:
    kind = {
        "kind": name,
        "tokens": _micro(table, "tokens_per_member"),
        "free": table.scaled("free", 1, "0"),
    }
    table.finish()
    return kind


def _micro(table: Table, key: str) -> str:
    number = table.number(key, "0")
    if len(number.partition(".")[2]) > 6:
        raise table.error(key, "has more than 6 decimals.")
    return number
