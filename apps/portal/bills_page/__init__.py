"""What a payer owes for hosting and storage: the month so far, every bill, and one that explains itself."""
