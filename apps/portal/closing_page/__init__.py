"""The page on which an owner closes the organisation for good."""
