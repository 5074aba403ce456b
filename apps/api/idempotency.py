"""A call with a key has its effect once: the table "Idempotency" of the API's contract, row by row.

Key missing: refused before. First success: the key, the meaning and the answer commit with the effect. The
same again: the stored answer. Another request under the key: a conflict. A refusal: nothing stays, so the
key may be used again. Two at once: the second waits at the key's row, or hears that it is in progress.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import OperationalError

from apps.api.calls import Answer, Call, Rebuild, Refusal
from apps.core import sql
from apps.core.errors import InProgress
from apps.identity.idempotency import Kept, claim, give_up, keep, meaning
from apps.wallets.books import atomically

REPLAYED = {"Idempotency-Replayed": "true"}


def carry_out_once(
    call: Call, method: Callable[[Call], Answer | Refusal], *, key: str, rebuild: Rebuild | None
) -> Answer:
    """Run the method and keep its answer in one transaction, or answer what was answered before."""
    client_id, digest = call.caller.client_id, meaning(call.request.path, [call.query, call.body])

    def work() -> Answer | Refusal | Kept:
        before = claim(client_id=client_id, key=key, digest=digest, at=call.at)
        if before is not None:
            return before
        with sql.together():
            result = method(call)
            if isinstance(result, Refusal):
                give_up(client_id=client_id, key=key)
            else:
                keep(client_id=client_id, key=key, kept=Kept(result.status, result.content(), *result.made))
        return result

    try:
        result = atomically(work, at=call.at)
    except OperationalError as error:
        if is_busy(error):
            raise InProgress("The same request, or one on this wallet, is being worked on.") from error
        raise
    if isinstance(result, Refusal):
        raise result.problem
    return _again(result, call, rebuild) if isinstance(result, Kept) else result


def _again(kept: Kept, call: Call, rebuild: Rebuild | None) -> Answer:
    """The stored answer; one that was emptied is built from the object as it is now."""
    if kept.body or rebuild is None:
        return Answer(kept.status, text=kept.body, headers=REPLAYED)
    body: Any = rebuild(kept.object_id, call.at)
    return Answer(kept.status, body, headers=REPLAYED)


def is_busy(error: OperationalError) -> bool:
    """Whether others held a lock for longer than we wait."""
    return getattr(error.__cause__, "sqlstate", "") in {"55P03", "40P01", "40001"} or (
        "database is locked" in str(error)
    )
