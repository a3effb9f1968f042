"""Who gets which partition: a pure function, so that it can be tested on its own."""

from collections import Counter
from collections.abc import Iterable, Mapping

from microcoder.bus.port import TopicPartition


def assign(
    members: Mapping[str, frozenset[str]],
    partitions: Iterable[TopicPartition],
    owners: Mapping[TopicPartition, str],
) -> dict[TopicPartition, str]:
    """Shares `partitions` evenly and moves as few as it can.

    Per topic, no member has two partitions more than another that reads the topic; what is left over goes to the
    members with the fewest partitions of all topics.

    Args:
        members: The topics that each member reads.
        partitions: All partitions of all topics.
        owners: Who has which partition now; members that are gone may appear.

    Returns:
        The member of each partition whose topic anybody reads.
    """
    by_topic: dict[str, list[TopicPartition]] = {}
    for partition in sorted(partitions):
        by_topic.setdefault(partition.topic, []).append(partition)
    result: dict[TopicPartition, str] = {}
    total: Counter[str] = Counter()
    for topic, those in by_topic.items():
        readers = sorted(member for member, topics in members.items() if topic in topics)
        if readers:
            shared = _share(readers, those, owners, total)
            result |= shared
            total.update(shared.values())
    return result


def _share(
    readers: list[str], partitions: list[TopicPartition], owners: Mapping[TopicPartition, str], total: Counter[str]
) -> dict[TopicPartition, str]:
    owned = Counter(owners[p] for p in partitions if p in owners)
    floor, extra = divmod(len(partitions), len(readers))
    # The members that may have one more: first the least loaded, among equals those that need not give it up.
    ranked = sorted(readers, key=lambda member: (total[member], -owned[member], member))
    room = {member: floor + (rank < extra) for rank, member in enumerate(ranked)}
    result: dict[TopicPartition, str] = {}
    for partition in partitions:
        owner = owners.get(partition, "")
        if room.get(owner, 0) > 0:
            result[partition] = owner
            room[owner] -= 1
    free = iter([member for member in ranked for _ in range(room[member])])
    return result | {partition: next(free) for partition in partitions if partition not in result}
