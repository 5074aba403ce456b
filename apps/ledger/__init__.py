"""What moved: accounts, transfers and entries, append-only, proved by summing.

Must never know: who holds an account, why a transfer was made, what a token costs.
"""
