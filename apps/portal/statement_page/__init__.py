"""A wallet's month as a statement: opening, what came in by kind, what went out by category, closing."""
