"""What staff can do to a wallet or a charge: each says why, shows the effect first, and ends with a receipt."""
