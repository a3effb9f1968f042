"""The pytest plugin: all fixtures of this package."""

pytest_plugins = [
    "microcoder.testing.bus",
    "microcoder.testing.grpc",
    "microcoder.testing.host",
    "microcoder.testing.judge",
    "microcoder.testing.mongo",
    "microcoder.testing.openai",
    "microcoder.testing.store",
]
