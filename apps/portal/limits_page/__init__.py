"""Limits and budgets of an organisation: the rules, how they stand, and changing them."""
