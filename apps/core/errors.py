"""Problems that a caller can act on: each knows its HTTP status and stable code (RFC 9457)."""

from __future__ import annotations

from typing import Any, ClassVar


class Problem(Exception):
    """Something the caller must know; `detail` says what happened and what to do."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: dict[str, Any] = extra


class ValidationError(Problem):
    """Input of the wrong shape or meaning; `errors` names each field."""

    status, code, title = 422, "validation_error", "The input is not valid"

    def __init__(self, errors: dict[str, list[str]] | None = None, detail: str = "") -> None:
        self.errors = errors or {}
        first = next((f"{field}: {texts[0]}" for field, texts in self.errors.items()), "")
        super().__init__(detail or first or self.title, errors=self.errors)


class NoPrice(Problem):
    status, code, title = 422, "no_price", "Nothing can be charged without a price"


class NotAuthenticated(Problem):
    status, code, title = 401, "not_authenticated", "A valid API key is needed"


class PermissionDenied(Problem):
    status, code, title = 403, "permission_denied", "Not allowed"


class NotAMember(Problem):
    status, code, title = 403, "not_a_member", "Not a member of this organisation"


class WalletFrozen(Problem):
    status, code, title = 403, "wallet_frozen", "This wallet is frozen"


class NotFound(Problem):
    status, code, title = 404, "not_found", "Not found"


class InvalidState(Problem):
    status, code, title = 409, "invalid_state", "Not possible in the present state"


class MadeAlready(InvalidState):
    """The same form came twice: what it asked for was done the first time."""

    code, title = "done_already", "This was done already"


class IdempotencyConflict(Problem):
    status, code, title = 409, "idempotency_conflict", "This key belongs to another request"


class InProgress(Problem):
    status, code, title = 409, "in_progress", "The same request is being worked on"


class DuplicateActivity(Problem):
    status, code, title = 409, "duplicate_activity", "This activity has been charged already"


class PriceBookMismatch(Problem):
    status, code, title = 409, "price_book_mismatch", "The wallets are in different price books"


class InsufficientTokens(Problem):
    status, code, title = 402, "insufficient_tokens", "Not enough tokens"


class LimitReached(Problem):
    status, code, title = 402, "limit_reached", "A spending limit is reached"


class MinimumBalance(Problem):
    status, code, title = 402, "minimum_balance", "The balance is below what this operation needs to start"


class TooLarge(Problem):
    status, code, title = 413, "too_large", "The request is too large"


class RateLimited(Problem):
    status, code, title = 429, "rate_limited", "Too many requests"
