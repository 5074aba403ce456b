"""Charges: estimate, hold, capture, extend, release, refund, usage events, denied attempts.

Must never know: HTTP, pages, bills, votes.
"""
