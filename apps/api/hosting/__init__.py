"""Hosted resources, their bills, and what is allowed, over HTTP."""
