"""Charging over HTTP: estimates, charges and what becomes of them, usage events, rates."""
