"""One arrival of a record at a worker."""

from dataclasses import dataclass

from microcoder.bus import headers
from microcoder.bus.port import Message, TopicPartition
from microcoder.bus.worker.watermark import Watermark

RETRY_SUFFIX = ".retry"
DLQ_SUFFIX = ".dlq"


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A message and the watermark that waits for it. Equal only to itself."""

    message: Message
    watermark: Watermark

    @property
    def lane(self) -> tuple[TopicPartition, str]:
        """Deliveries of one lane are handled one after the other."""
        return self.message.source, self.message.key

    @property
    def topic(self) -> str:
        """The topic that the record was first read from."""
        return self.message.topic.removesuffix(RETRY_SUFFIX)

    @property
    def name(self) -> str:
        """Topic, partition and offset, for a person."""
        return f"{self.message.topic}:{self.message.partition}:{self.message.offset}"

    @property
    def not_before_ms(self) -> int:
        """Unix time in milliseconds before which it waits; 0 where it need not."""
        return number(self.message, headers.NOT_BEFORE)

    def is_for(self, group: str) -> bool:
        """Whether `group` is to handle it."""
        return self.message.headers.get(headers.FOR_GROUP, group) == group

    def finish(self) -> None:
        """Lets the watermark pass it."""
        self.watermark.finish(self.message.offset)


def number(message: Message, header: str) -> int:
    """A header as a number; 0 where it is absent or, from a foreign sender, none."""
    text = message.headers.get(header, "")
    return int(text) if text.isascii() and text.isdigit() else 0
