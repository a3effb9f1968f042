"""Between the domain's values and the messages that travel."""

from microcoder.wire.convert import from_proto, to_proto
from microcoder.wire.events import SCHEMA_VERSION, Topic, key_of, new_event, topic_of

__all__ = ["SCHEMA_VERSION", "Topic", "from_proto", "key_of", "new_event", "to_proto", "topic_of"]
