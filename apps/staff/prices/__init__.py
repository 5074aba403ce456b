"""Prices as finance works with them: books, rates with their versions, new versions, files."""
