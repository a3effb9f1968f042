"""A real single-node Apache Kafka (KRaft) on this machine, by Java and Maven, for development and tests.

    python -m microcoder.bus.local_kafka up      fetches it if need be, starts it, prints how to use it
    python -m microcoder.bus.local_kafka status  exit status 3 where it does not run
    python -m microcoder.bus.local_kafka down

It binds 127.0.0.1 only and keeps its data, so that a later `up` goes on where it was.
"""

from microcoder.bus.local_kafka.broker import KafkaProcess, running, start
from microcoder.bus.local_kafka.jars import fetch, missing_tools

__all__ = ["KafkaProcess", "fetch", "missing_tools", "running", "start"]
