"""What somebody may still spend, their own monthly budget, and when they want to be told."""
