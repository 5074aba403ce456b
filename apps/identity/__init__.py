"""Who acts: users with their account type, API clients with their keys, the keys of their requests.

Must never know: organisations, wallets, prices.
"""
