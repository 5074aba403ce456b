"""Cases for staff: who needs an answer, what it is about, and the answer in the same place."""
