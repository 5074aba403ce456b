"""Plans: what is offered, who has which, and what new organisations may spend by default."""
