"""What one writes first: a view that locks a wallet's row, lowers its balance and inserts two rows."""
