"""The pytest plugin: all fixtures of this package."""

pytest_plugins = [
    "microcoder.testing.bus",
    "microcoder.testing.grpc",
    "microcoder.testing.host",
    "microcoder.testing.mongo",
    "microcoder.testing.store",
]
