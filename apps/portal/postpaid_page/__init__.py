"""Usage statements of a wallet that is paid for afterwards."""
