"""Who belongs where: organisations, memberships with their role, cost centres.

Must never know: tokens, limits, prices.
"""
