"""What both buses take: the same limits, so that a record that one takes never fails on the other."""

from microcoder.bus.port import Record
from microcoder.core.errors import InvalidArgument

MAX_RECORD_BYTES = 1_000_000
"""Key and value of one record. Below Kafka's default of 1 MiB a message, so that headers have room beside it."""
MAX_HEADER_BYTES = 32_768
"""Names and values of all headers of one record."""


def check_record(record: Record) -> None:
    """Refuses what a bus would not take.

    Raises:
        InvalidArgument: Too large, or text that is no valid Unicode.
    """
    try:
        size = len(record.key.encode()) + len(record.value)
        beside = sum(len(name.encode()) + len(value.encode()) for name, value in record.headers.items())
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"a record for {record.topic} has a key or header that is not valid Unicode") from error
    if size > MAX_RECORD_BYTES:
        raise InvalidArgument(
            f"a record for {record.topic} has {size:,} bytes and at most {MAX_RECORD_BYTES:,} are taken; "
            "put the content into the blob store and send its digest",
            fields={"value": "is too large"},
        )
    if beside > MAX_HEADER_BYTES:
        raise InvalidArgument(
            f"a record for {record.topic} has {beside:,} bytes of headers and at most {MAX_HEADER_BYTES:,} are taken",
            fields={"headers": "are too large"},
        )
