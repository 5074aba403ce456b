"""Requests for more tokens, and deciding about them."""
