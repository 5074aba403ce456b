"""How organisations fund their members: allocations, coverage, spending limits and what was spent.

Must never know: charges, plans, what an operation costs.
"""
