"""An organisation's name and time zone, for its owners."""
