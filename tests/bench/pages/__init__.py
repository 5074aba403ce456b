"""Pages at size: how long the server takes for each at a million wallets and ten million entries."""
