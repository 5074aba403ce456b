"""The keys with which an organisation's own programs read its figures, for its owners."""
