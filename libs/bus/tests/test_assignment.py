"""Properties of the sharing rule."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from microcoder.bus import TopicPartition
from microcoder.bus.assignment import assign

_TOPICS = ["a", "b", "c"]
_members = st.dictionaries(
    st.sampled_from([f"m{i}" for i in range(6)]), st.frozensets(st.sampled_from(_TOPICS), min_size=1), max_size=6
)
_sizes = st.dictionaries(st.sampled_from(_TOPICS), st.integers(1, 7))


def _partitions(sizes: dict[str, int]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic, count in sizes.items() for number in range(count)]


@given(_members, _sizes, st.randoms())
def test_each_topic_is_shared_evenly_among_its_readers(members, sizes, random) -> None:  # type: ignore[no-untyped-def]
    partitions = _partitions(sizes)
    owners = {p: random.choice(["m0", "m1", "gone"]) for p in partitions if random.random() < 0.5}
    shared = assign(members, partitions, owners)
    for topic, size in sizes.items():
        readers = [member for member, topics in members.items() if topic in topics]
        counts = Counter(member for partition, member in shared.items() if partition.topic == topic)
        assert counts.total() == (size if readers else 0)
        assert set(counts) <= set(readers)
        assert not readers or max(counts[r] for r in readers) - min(counts[r] for r in readers) <= 1


@given(_members, _sizes)
def test_it_is_stable(members, sizes) -> None:  # type: ignore[no-untyped-def]
    partitions = _partitions(sizes)
    first = assign(members, partitions, {})
    assert assign(members, reversed(partitions), first) == first


def test_a_new_member_gets_its_share_and_the_rest_stays() -> None:
    topic = frozenset(["a"])
    partitions = _partitions({"a": 6})
    before = assign({"m0": topic, "m1": topic}, partitions, {})
    after = assign({"m0": topic, "m1": topic, "m2": topic}, partitions, before)
    moved = [partition for partition in partitions if after[partition] != before[partition]]
    assert len(moved) == 2
    assert all(after[partition] == "m2" for partition in moved)


def test_what_is_left_over_is_spread_over_the_topics() -> None:
    topics = frozenset(_TOPICS[:2])
    shared = assign({"m0": topics, "m1": topics}, _partitions({"a": 1, "b": 1}), {})
    assert set(shared.values()) == {"m0", "m1"}
