"""Scrip once more, as plainly as its rules read: nothing is stored that can be worked out again.

Every charge is kept for ever, what a limit has spent is added up from all of them, and time passes event by
event. Amounts are micro-tokens, quantities micro-units. Nothing here imports from the apps.
"""
