"""Cost centres: caps, what was spent of them, where it leads, and who belongs to them."""
