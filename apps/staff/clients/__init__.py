"""API clients and their keys: which there are, and what operations do with them."""
