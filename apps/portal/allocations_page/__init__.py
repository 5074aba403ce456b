"""Allocations: what was given and what became of it, giving and taking back, and what repeats."""
