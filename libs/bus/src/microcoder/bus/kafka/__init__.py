"""The bus on Kafka, by kafka-python.

What that client needs to be told, and what it does not say, is handled here: see `client` for its options, `producer`
for its idempotent producer that can die silently, `consumer` for its thread and its rebalances.
"""

from microcoder.bus.kafka.bus import KafkaBus

__all__ = ["KafkaBus"]
