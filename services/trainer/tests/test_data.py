import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from microcoder.core.release import Release, ReleaseFile
from microcoder.store import Store
from microcoder.testing.builders import make_release
from microcoder.trainer.domain.outcome import ExitCode, TrainingFailed
from microcoder.trainer.train.data import PromptRow, fill, load_prompts, short_enough


def row(word: str) -> PromptRow:
    return {"problem_id": word, "revision": 1, "prompt": [{"role": "user", "content": word}]}


async def release_of(store: Store, data: bytes) -> Release:
    digest = await store.blobs.put(data)
    return make_release(files=(ReleaseFile(path="data/train.parquet", digest=digest, size_bytes=len(data)),))


async def refusal(release: Release, store: Store) -> TrainingFailed:
    with pytest.raises(TrainingFailed) as caught:
        await load_prompts(release, store.blobs)
    return caught.value


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


async def test_prompts_come_in_the_order_of_the_release(store: Store) -> None:
    rows = [row("b"), row("a")]
    release = await release_of(store, parquet(pa.Table.from_pylist([{**item, "level": "easy"} for item in rows])))
    assert await load_prompts(release, store.blobs) == rows


async def test_a_damaged_file_is_named(store: Store) -> None:
    error = await refusal(await release_of(store, b"no parquet"), store)
    assert error.code is ExitCode.BAD_RELEASE
    assert "data/train.parquet" in error.message


async def test_a_file_without_prompts_is_named(store: Store) -> None:
    error = await refusal(await release_of(store, parquet(pa.table({"text": ["x"]}))), store)
    assert error.code is ExitCode.BAD_RELEASE
    assert "data/train.parquet" in error.message


async def test_a_lost_blob_and_an_empty_release_are_refused(store: Store) -> None:
    lost = make_release(files=(ReleaseFile(path="a.parquet", digest="0" * 64, size_bytes=1),))
    assert (await refusal(lost, store)).code is ExitCode.BAD_RELEASE
    assert "has no problems" in (await refusal(make_release(), store)).message


def test_long_prompts_are_left_out() -> None:
    rows = [row("a"), row("abc")]
    assert short_enough(rows, lambda prompt: len(prompt[0]["content"]), 2) == [rows[0]]


def test_where_all_are_too_long_the_shortest_is_told() -> None:
    with pytest.raises(TrainingFailed, match="max_prompt_tokens = 2; the shortest has 3"):
        short_enough([row("abc"), row("abcd")], lambda prompt: len(prompt[0]["content"]), 2)


@pytest.mark.parametrize(("have", "need", "length"), [(3, 2, 3), (2, 2, 2), (2, 3, 4), (1, 5, 5)])
def test_a_small_release_is_repeated_as_a_whole(have: int, need: int, length: int) -> None:
    assert len(fill([row(str(number)) for number in range(have)], need)) == length
