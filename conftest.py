"""Fixtures for every test of the repository."""

pytest_plugins = ["microcoder.testing.plugin"]
