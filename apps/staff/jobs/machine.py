"""How the machine stands: failed runs, when each scheduled task last rang, holds that nobody ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.core import sql
from apps.jobs.models import Ring, Run

_MACHINE = """
SELECT 1 AS part, id, job, subject, scope, NULL AS at, '' AS result, '' AS error
FROM jobs_run WHERE state = 'failed'
UNION ALL SELECT 2, 0, task, '', '', started_at, result, error FROM jobs_ring
UNION ALL SELECT 3, COUNT(*), '', '', '', NULL, '', '' FROM (
    SELECT 1 FROM wallets_hold WHERE expires_at < %s LIMIT %s) AS late
ORDER BY part, id DESC
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Runs that ended with failures which nobody has tried again, the latest first; rings by task."""

    failed: tuple[Run, ...]
    rings: dict[str, Ring]
    late_holds: int


def load_machine(holds_before: datetime, most: int) -> Machine:
    """One query; late holds are counted up to `most`."""
    rows = sql.fetch(_MACHINE, [holds_before, most])
    return Machine(
        failed=tuple(Run(id=row[1], job=row[2], subject=row[3], scope=row[4]) for row in rows if row[0] == 1),
        rings={
            row[2]: Ring(task=row[2], started_at=sql.instant(row[5]), result=row[6], error=row[7])
            for row in rows
            if row[0] == 2
        },
        late_holds=sum(int(row[1]) for row in rows if row[0] == 3),
    )
