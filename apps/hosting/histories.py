"""Read resources with what they held when: two queries for one payer or for thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.core import sql
from apps.hosting.measuring import History, Step

_REPORTS = """
SELECT r.id, r.kind, r.platform_id, r.name, r.created_at,
       p.id, p.since, p.ended, p.members, p.stored_bytes, s.wallet_id, s.weight
FROM hosting_resource r
JOIN hosting_report p ON p.resource_id = r.id AND p.superseded_at IS NULL AND p.since < %s
LEFT JOIN hosting_share s ON s.report_id = p.id
WHERE {condition}
  AND p.since >= COALESCE((SELECT MAX(o.since) FROM hosting_report o
      WHERE o.resource_id = r.id AND o.superseded_at IS NULL AND o.since <= %s), %s)
ORDER BY r.id, p.since, p.id
"""


def resources_of(payers: Iterable[int]) -> dict[int, list[int]]:
    """The resources that each payer has ever paid for, by wallet."""
    condition, values = sql.among("wallet_id", sorted(payers))
    found: dict[int, list[int]] = {}
    for wallet, resource in sql.fetch(
        f"SELECT DISTINCT wallet_id, resource_id FROM hosting_share WHERE {condition}", values
    ):
        found.setdefault(wallet, []).append(resource)
    return found


def load_histories(resources: Sequence[int], start: datetime, end: datetime) -> Mapping[int, History]:
    """The resources with every step that holds at some instant of [start, end)."""
    condition, values = sql.among("r.id", sorted(set(resources)))
    rows = sql.fetch(_REPORTS.format(condition=condition), [end, *values, start, start])
    found: dict[int, History] = {}
    listed: dict[int, list[Step]] = {}
    weights: dict[int, int] = {}
    report = None
    for row in rows:
        if row[0] not in found:
            steps = listed[row[0]] = []
            found[row[0]] = History(row[0], row[1], row[2], row[3], sql.instant(row[4]), steps)
        if row[5] != report:
            report, weights = row[5], {}
            listed[row[0]].append(_step(row, weights))
        if row[10] is not None:
            weights[row[10]] = row[11]
    return found


def _step(row: Sequence[Any], weights: Mapping[int, int]) -> Step:
    return Step(sql.instant(row[6]), not row[7], row[8], row[9], weights)
