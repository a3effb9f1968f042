"""Runs untrusted programs in a jail and compares what they print."""
