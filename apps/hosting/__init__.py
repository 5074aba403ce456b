"""Resources that the platform hosts, what they held when, and what their payers owe for each month.

Owns resources with their history, payers, closed months, bills and what is blocked while they are unpaid.
Must never know: charges, HTTP, pages, votes.
"""
