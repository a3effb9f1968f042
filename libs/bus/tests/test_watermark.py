"""The contiguous watermark."""

from hypothesis import given
from hypothesis import strategies as st

from microcoder.bus.worker.watermark import Watermark


@given(st.lists(st.integers(0, 3), max_size=30), st.randoms(), st.data())
def test_it_never_passes_a_record_that_is_open(gaps, random, data) -> None:  # type: ignore[no-untyped-def]
    offsets, offset = [], -1
    for gap in gaps:
        offset += 1 + gap
        offsets.append(offset)
    watermark = Watermark()
    for offset in offsets:
        assert not watermark.repeats(offset)
        watermark.take(offset)
    finished = data.draw(st.permutations(offsets))[: random.randint(0, len(offsets))]
    for offset in finished:
        watermark.finish(offset)
    still_open = [offset for offset in offsets if offset not in finished]
    done = [offset for offset in offsets if not still_open or offset < still_open[0]]
    assert watermark.open == len(still_open)
    assert watermark.committable == (done[-1] + 1 if done else None)
    assert watermark.unreported == len(done)


def test_a_bus_that_went_back_is_noticed() -> None:
    watermark = Watermark()
    watermark.take(5)
    assert watermark.repeats(5)
    assert not watermark.repeats(6)
    watermark.finish(5)
    assert watermark.repeats(5)
    assert not watermark.repeats(6)
