"""What staff can do to a wallet or a charge: each says why, shows its effect and ends with a receipt."""
