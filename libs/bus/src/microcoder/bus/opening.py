"""From settings to a bus."""

import asyncio

from microcoder.bus.embedded import EmbeddedBus
from microcoder.bus.port import Bus
from microcoder.bus.settings import BusSettings
from microcoder.wire import Topic


async def open_bus(settings: BusSettings) -> Bus:
    """The bus that `settings` name: Kafka where its bootstrap servers are given, else the embedded one.

    Raises:
        Unavailable: It does not answer.
        FailedPrecondition: The file of the embedded bus is something else or of another version.
    """
    if settings.kafka.bootstrap_servers:
        from microcoder.bus.kafka import KafkaBus  # noqa: PLC0415 - a process on the embedded bus never loads kafka

        return await KafkaBus.open(settings.kafka)
    return await asyncio.to_thread(
        EmbeddedBus,
        settings.path,
        session_timeout_s=settings.session_timeout_s,
        retention_s=settings.retention_s,
    )


async def ensure_all_topics(bus: Bus, *, partitions: int = 4) -> None:
    """Creates every topic with its retry topic, and its dead letters in one partition so that they list in order."""
    await bus.ensure_topics([name for topic in Topic for name in (topic.value, topic.retry)], partitions=partitions)
    await bus.ensure_topics([topic.dlq for topic in Topic], partitions=1)
