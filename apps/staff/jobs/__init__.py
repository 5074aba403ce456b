"""What the machine does by itself: schedules, runs with their progress, failures with a retry."""
