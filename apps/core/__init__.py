"""Units, periods, ids, errors, the clock, set-based SQL: no tables, no business words."""
