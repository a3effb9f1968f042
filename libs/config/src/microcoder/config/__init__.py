"""Settings from environment, file and flags, printed without secrets."""
