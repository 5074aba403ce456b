"""Shapes of what comes in: each reads a value, strictly, and describes itself for the OpenAPI document."""
