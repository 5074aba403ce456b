"""Bills and hosted resources as staff see them."""
