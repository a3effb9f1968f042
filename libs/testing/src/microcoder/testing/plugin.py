"""The pytest plugin: all fixtures of this package."""

pytest_plugins = [
    "microcoder.testing.mongo",
    "microcoder.testing.store",
]
