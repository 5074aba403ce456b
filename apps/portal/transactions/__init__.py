"""The transactions of one wallet: found, added up, unfolded, downloaded."""
