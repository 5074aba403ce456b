"""Numbers for transfers and for what causes them: one sequence, never given twice.

PostgreSQL hands each process a block of a sequence, which costs a query once per block and leaves
gaps (nothing here needs to be gapless). SQLite has one writer at a time, so the counter row is
simply read and raised inside the writing transaction.
"""

from __future__ import annotations

import os
from threading import Lock

from apps.core import sql

BLOCK = 512
_SEQUENCE = "ledger_numbers"
_lock = Lock()
_blocks: dict[str, tuple[int, int]] = {}


def take(count: int) -> list[int]:
    """So many fresh numbers, rising."""
    if count == 0:
        return []
    if not sql.is_postgresql():
        return _take_counted(count)
    with _lock:
        return _take_blocked(count)


def _take_counted(count: int) -> list[int]:
    last: int = sql.fetch(f"UPDATE {_SEQUENCE} SET last = last + %s RETURNING last", [count])[0][0]
    return list(range(last - count + 1, last + 1))


def _take_blocked(count: int) -> list[int]:
    place = f"{os.getpid()}:{sql.database_name()}"
    start, end = _blocks.get(place, (0, 0))
    if end - start < count:
        numbers = _fresh(-(-count // BLOCK))
        _blocks[place] = (numbers[-1] + 1 - (len(numbers) - count), numbers[-1] + 1)
        return numbers[:count]
    _blocks[place] = (start + count, end)
    return list(range(start, start + count))


def _fresh(blocks: int) -> list[int]:
    """All numbers of new blocks; between two blocks there may be a gap, within one there is none."""
    rows = sql.fetch(f"SELECT nextval('{_SEQUENCE}') FROM generate_series(1, %s)", [blocks])
    return [number for (first,) in rows for number in range(first, first + BLOCK)]
