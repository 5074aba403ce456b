"""What an API key may be allowed to do; a key carries any of these."""

from __future__ import annotations

READ = "read"
USERS = "users"
ORGANISATIONS = "organisations"
CHARGES = "charges"
USAGE = "usage"
CREDITS = "credits"

MEANINGS = {
    READ: "every GET: wallets, charges, limits, transactions, prices",
    USERS: "make and change users and their personal budgets",
    ORGANISATIONS: "organisations, members, who pays, limits, cost centres, allocations, hosted resources",
    CHARGES: "estimate, hold, capture, extend, release and refund",
    USAGE: "send usage events",
    CREDITS: "credit tokens to a wallet",
}
SCOPES = tuple(MEANINGS)
