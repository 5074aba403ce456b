"""What waits for a second person, and what was done: each with its effect, its reason and its receipt."""
