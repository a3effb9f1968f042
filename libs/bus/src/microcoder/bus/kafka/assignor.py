"""Shares partitions among members by the same rule as the embedded bus.

kafka-python's own cooperative assignor evens out the number of partitions over all topics together, so that one member
may get a topic and another only its retry topic, which is mostly empty. Ours evens out each topic.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment

from microcoder.bus.assignment import assign
from microcoder.bus.port import TopicPartition


class _Cluster(Protocol):
    def partitions_for_topic(self, topic: str) -> set[int] | None: ...


class EvenPerTopicAssignor(CooperativeStickyAssignor):  # type: ignore[misc]
    """Cooperative: a partition that moves is first given up by its owner, and given to its new owner in a second round.

    What members say of themselves (topics, owned partitions, generation) is the base class's, only the rule is ours.
    """

    name = "microcoder-even-per-topic"

    def assign(self, cluster: _Cluster, members: Sequence[Any]) -> Mapping[str, Any]:
        """One round, computed by the group's leader."""
        said = {member.member_id: self.parse_member_metadata(member.metadata) for member in members}
        topics = {member: frozenset(about.subscription) for member, about in said.items()}
        owners = dict(_claims(said))
        result = assign(topics, _partitions(cluster, frozenset().union(*topics.values())), owners)
        return {
            member: ConsumerProtocolAssignment(
                self.version,
                _by_topic(p for p, owner in result.items() if owner == member and owners.get(p, member) == member),
                b"",
            )
            for member in said
        }


def _claims(said: Mapping[str, Any]) -> Iterator[tuple[TopicPartition, str]]:
    """Who owns what. Where two claim the same, the one of the later generation is right, so it comes last."""
    for member, about in sorted(said.items(), key=lambda item: (item[1].generation, item[0])):
        for partition in about.partitions:
            yield TopicPartition(*partition), member


def _partitions(cluster: _Cluster, topics: Iterable[str]) -> Iterator[TopicPartition]:
    for topic in topics:
        for number in cluster.partitions_for_topic(topic) or ():
            yield TopicPartition(topic, number)


def _by_topic(partitions: Iterable[TopicPartition]) -> list[tuple[str, list[int]]]:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for partition in sorted(partitions):
        numbers[partition.topic].append(partition.partition)
    return sorted(numbers.items())
