"""The command `microcoder`."""
