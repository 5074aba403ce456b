"""The outbox: what a lower floor must set off above it, written in the same transaction as its cause.

Owns events and their delivery. Knows nothing of what they mean: who cares registers a receiver.
"""
