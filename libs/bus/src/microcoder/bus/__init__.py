"""Topics, consumers, retries and dead letters on Kafka or on one SQLite file.

port, errors      what a bus is, and what a handler may say
worker/           the loop around a handler: order, retries, dead letters, commits, drain
dlq               looking at dead letters and sending them back
embedded/, kafka/ the two buses
local_kafka/      a real Kafka on this machine, for development and tests
"""

from microcoder.bus import dlq
from microcoder.bus.errors import FuseBlown, Poison, RetryLater
from microcoder.bus.events import decode_event, encode_event
from microcoder.bus.opening import ensure_all_topics, open_bus
from microcoder.bus.port import Bus, Consumer, Message, Record, TopicPartition
from microcoder.bus.settings import BusSettings, KafkaSettings
from microcoder.bus.worker import Outcome, Worker, WorkerObserver, WorkerPolicy

__all__ = [
    "Bus",
    "BusSettings",
    "Consumer",
    "FuseBlown",
    "KafkaSettings",
    "Message",
    "Outcome",
    "Poison",
    "Record",
    "RetryLater",
    "TopicPartition",
    "Worker",
    "WorkerObserver",
    "WorkerPolicy",
    "decode_event",
    "dlq",
    "encode_event",
    "ensure_all_topics",
    "open_bus",
]
