"""An organisation's plan: its quota, who used it, and the history of generations."""
