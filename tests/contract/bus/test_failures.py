"""What a worker does with records that fail: retries, dead letters, the fuse, replay."""

import asyncio
import time
from collections import Counter

import pytest

from microcoder.bus import FuseBlown, Poison, RetryLater, dlq
from microcoder.bus.dlq import LetterState
from microcoder.core.errors import FailedPrecondition, NotFound, Unavailable

from .support import QUICK, Collector, Harness, Seen, event, working


def failing(*outcomes: Exception | None, only: str = "bad") -> Collector:
    """A handler that raises `outcomes` one after the other for the key `only`, then succeeds."""
    left = list(outcomes)

    def behave(item: Seen) -> None:
        if item[0] == only and left and (error := left.pop(0)) is not None:
            raise error

    return Collector(behave=behave)


async def test_poison_stops_nobody(harness: Harness) -> None:
    later_version = event("p", 2)
    later_version.schema_version = 99
    unknown_kind = event("p", 3)
    unknown_kind.ClearField("payload")
    bad = {
        "no microcoder.v1.Event": b"\xff\xfe garbage",
        "schema version 99": later_version.SerializeToString(),
        "without a payload": unknown_kind.SerializeToString(),
        "event without": b"",
    }
    records = [harness.record("p", 0)]
    for i, value in enumerate(bad.values()):
        records += [harness.raw("p", value, trace=f"t{i}"), harness.record("p", 10 + i)]
    await harness.bus.produce(records)
    collector = Collector()
    async with working(harness.worker(collector)):
        await collector.until_count(5)
        await harness.until_committed()
    assert [number for _, number in collector.seen] == [0, 10, 11, 12, 13]
    letters = await dlq.list_dead(harness.bus, harness.topic)
    assert [letter.value for letter in letters] == list(bad.values())
    for i, (letter, reason) in enumerate(zip(letters, bad, strict=True)):
        assert reason in letter.reason
        assert letter.headers == {"trace": f"t{i}"}
        assert letter.origin.endswith(f":{2 * i + 1}")
        assert (letter.error_class, letter.group, letter.service) == ("Poison", "g", "test/1")
        assert (letter.attempts, letter.key, letter.state) == (1, "p", LetterState.DEAD)


async def test_fields_of_a_later_version_are_no_reason_to_refuse(harness: Harness) -> None:
    unknown_field = b"\xfa\x3e\x03new"  # field 1007, length-delimited
    await harness.bus.produce([harness.raw("p", event("p", 1).SerializeToString() + unknown_field)])
    collector = Collector()
    async with working(harness.worker(collector)):
        await collector.until_count(1)
        await harness.until_committed()
    assert await harness.dead() == []


async def test_a_short_trouble_is_over_before_anybody_notices(harness: Harness) -> None:
    collector = failing(Unavailable("no store"), OSError("reset"), None)
    await harness.send([("bad", 1), ("bad", 2)])
    async with working(harness.worker(collector)):
        await collector.until_count(4)
        await harness.until_committed()
    assert collector.seen == [("bad", 1)] * 3 + [("bad", 2)]
    assert await harness.all_of(f"{harness.topic}.retry") == []


async def test_a_longer_trouble_goes_by_way_of_the_retry_topic(harness: Harness) -> None:
    collector = failing(*[Unavailable("no store")] * 3)
    await harness.send([("bad", 1), ("bad", 2)])
    started = time.monotonic()
    async with working(harness.worker(collector)):
        await collector.until(lambda seen: seen.count(("bad", 1)) == 4)
        waited_s = time.monotonic() - started
        await harness.until_committed()
    assert collector.seen == [("bad", 1)] * 3 + [("bad", 2)] + [("bad", 1)]
    assert waited_s > 0.8 * QUICK.retry_delays_s[0]
    assert await harness.dead() == []


async def test_a_retry_waits_without_holding_up_anything(harness: Harness) -> None:
    collector = failing(RetryLater("not yet", delay_s=2.0))
    async with working(harness.worker(collector)):
        await harness.send([("bad", 1)])
        await collector.until_count(1)
        started = time.monotonic()
        for i in range(5):
            await harness.send([("good", i)])
            await collector.until_count(2 + i)
        assert time.monotonic() - started < 1.5
        await collector.until(lambda seen: seen.count(("bad", 1)) == 2)
        assert time.monotonic() - started >= 1.8


async def test_after_the_last_attempt_it_is_a_dead_letter(harness: Harness) -> None:
    collector = failing(*[Unavailable("no store today")] * 100)
    await harness.send([("bad", 1), ("good", 1)])
    async with working(harness.worker(collector)):
        async with asyncio.timeout(20):
            while not await harness.dead():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert Counter(collector.seen) == {("bad", 1): 9, ("good", 1): 1}  # three deliveries of three calls
    [letter] = await dlq.list_dead(harness.bus, harness.topic)
    assert (letter.attempts, letter.error_class, letter.reason) == (3, "Unavailable", "no store today")
    [origin] = [m for m in await harness.all_of(harness.topic) if m.key == "bad"]
    assert (letter.value, letter.origin) == (origin.value, f"{origin.partition}:{origin.offset}")


@pytest.mark.parametrize("error", [Poison("no such thing"), FailedPrecondition("the run has ended")])
async def test_what_cannot_succeed_is_not_tried_again(harness: Harness, error: Exception) -> None:
    collector = failing(error)
    await harness.send([("bad", 1)])
    async with working(harness.worker(collector)):
        await harness.until_committed()
    assert collector.seen == [("bad", 1)]
    assert len(await harness.dead()) == 1


async def test_a_retry_concerns_its_own_group_only(harness: Harness) -> None:
    troubled, calm = failing(RetryLater("not yet", delay_s=0.1)), Collector()
    await harness.send([("bad", 1)])
    async with working(harness.worker(troubled, group="troubled"), harness.worker(calm, group="calm")):
        await troubled.until_count(2)
        await calm.until_count(1)
        retries = [f"{harness.topic}.retry"]
        async with asyncio.timeout(15):
            while sum((await harness.bus.lag(retries, group="calm")).values()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert calm.seen == [("bad", 1)]


async def test_the_fuse_stops_the_worker_before_it_buries_everything(harness: Harness) -> None:
    items = [("bad", i) for i in range(50)]
    await harness.send(items)
    broken = failing(*[Poison("a bad release")] * 100)
    policy = QUICK.model_copy(update={"fuse_consecutive": 5})
    with pytest.raises(FuseBlown, match="a bad release"):
        await asyncio.wait_for(harness.worker(broken, policy=policy).run(), 20)
    assert len(await harness.dead()) == 5
    assert await harness.lag() == 45
    repaired = Collector()
    async with working(harness.worker(repaired, policy=policy)):
        await repaired.until_count(45)
    assert repaired.seen == items[5:]


async def test_a_letter_is_replayed_once_and_to_its_group_only(harness: Harness) -> None:
    broken, other = failing(Poison("a bug")), Collector()
    await harness.send([("bad", 1)])
    async with working(harness.worker(broken), harness.worker(other, group="other")):
        await other.until_count(1)
        await harness.until_committed()
        await harness.until_committed("other")
        [letter] = await dlq.list_dead(harness.bus, harness.topic)
        [first] = await dlq.replay(harness.bus, [letter.id])
        assert first.changed
        await broken.until_count(2)
        [second] = await dlq.replay(harness.bus, [letter.id])
        assert not second.changed
        await harness.until_committed()
        await harness.until_committed("other")
    assert broken.seen == [("bad", 1)] * 2
    assert other.seen == [("bad", 1)]
    shown = await dlq.show(harness.bus, letter.id)
    assert shown.state is LetterState.REPLAYED
    assert shown.settled_time is not None
    original, again = await harness.all_of(harness.topic)
    assert original.value == again.value


async def test_a_letter_can_be_dropped_and_is_not_replayed_then(harness: Harness) -> None:
    await harness.bus.produce([harness.raw("p", b"\xff")])
    async with working(harness.worker(Collector())):
        await harness.until_committed()
    [letter] = await dlq.list_dead(harness.bus, harness.topic)
    [dropped] = await dlq.drop(harness.bus, [letter.id])
    assert dropped.changed
    [replayed] = await dlq.replay(harness.bus, [letter.id])
    assert not replayed.changed
    assert replayed.letter.state is LetterState.DROPPED
    with pytest.raises(NotFound):
        await dlq.show(harness.bus, f"{harness.topic}:0:77")
