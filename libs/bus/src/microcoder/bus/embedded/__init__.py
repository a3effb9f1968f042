"""The bus in one SQLite file: durable, for many processes of one machine."""

from microcoder.bus.embedded.bus import EmbeddedBus

__all__ = ["EmbeddedBus"]
