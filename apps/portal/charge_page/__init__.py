"""One charge, explained: what it cost and why, who paid, what happened to it."""
