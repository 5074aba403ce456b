"""Plans: a quota of generations per period and free tokens a month, for organisations that have one.

Owns plans, who has which since when, and what of a quota is used. Must never know: charges, HTTP, pages.
"""
