"""Reading prices: the rate for a charge, the rate of a hold, the rate card."""
