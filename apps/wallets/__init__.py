"""Wallets with their buckets, holds, free grants and the running balance of each wallet.

Must never know: limits, charges, why a transfer is made.
"""
