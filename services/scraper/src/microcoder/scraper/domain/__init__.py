"""Pure functions over values; imports only the core."""
