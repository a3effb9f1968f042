import asyncio
import dataclasses
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from microcoder.bus import decode_event
from microcoder.core.errors import NotFound
from microcoder.core.ingest import ImportRun
from microcoder.core.run import RunState
from microcoder.core.timeline import Stage
from microcoder.store import Store
from microcoder.testing.packages import in_folder, kattis_package, tar_bytes, write_folder

from .conftest import MakeScraper, Scraper

MIB = 1024 * 1024


async def run_import(scraper: Scraper, path: Path, source: str = "kattis:test") -> ImportRun:
    run = await scraper.importer.create(path, source)
    task = asyncio.create_task(scraper.importer.run())
    try:
        async with asyncio.timeout(60):
            while not (run := await scraper.runtime.store.imports.get(run.id)).state.ended:
                if task.done():
                    await task
                await asyncio.sleep(0.02)
        return run
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def counts(run: ImportRun) -> tuple[int, int, int]:
    return run.new_problems, run.changed_problems, run.unchanged_problems


async def test_new_unchanged_and_changed(make_scraper: MakeScraper, store: Store, tmp_path: Path) -> None:
    scraper = make_scraper()
    folder = write_folder(tmp_path / "c", {**in_folder("a", kattis_package()), **in_folder("b", kattis_package())})
    run = await run_import(scraper, folder)
    assert (run.state, counts(run), run.skipped) == (RunState.SUCCEEDED, (2, 0, 0), ())
    assert run.problem_ids == tuple(sorted(run.problem_ids))
    raw = await store.raw_problems.get(run.problem_ids[0])
    assert raw.url.startswith("file:///")
    assert raw.url.endswith("/c#a")
    assert len(await store.blobs.get(raw.raw_digest)) == raw.raw_bytes
    assert [entry.stage for entry in await store.timeline.of(raw.id)] == [Stage.COLLECTED]
    sent = [record for _, records in await store.raw_problems.pending_outbox() for record in records]
    assert {decode_event(record.value).problem_collected.problem_id for record in sent} == set(run.problem_ids)

    again = await run_import(scraper, folder)
    assert counts(again) == (0, 0, 2)
    assert (await store.raw_problems.get(raw.id)) == raw
    pending = [record for _, records in await store.raw_problems.pending_outbox() for record in records]
    assert len(pending) == len(sent)

    (folder / "a/data/secret/01.in").write_text("11 20\n")
    changed = await run_import(scraper, folder)
    assert counts(changed) == (0, 1, 1)
    assert (await store.raw_problems.get(raw.id)).revision == 2


async def test_a_folder_and_its_archive_hold_the_same_bytes(make_scraper: MakeScraper, tmp_path: Path) -> None:
    scraper = make_scraper()
    files = in_folder("a", kattis_package())
    archive = tmp_path / "x.tar.xz"
    archive.write_bytes(tar_bytes(files, mode="w:xz"))
    assert counts(await run_import(scraper, write_folder(tmp_path / "c", files))) == (1, 0, 0)
    assert counts(await run_import(scraper, archive)) == (0, 0, 1)


async def test_a_hundred_megabyte_test_is_collected(make_scraper: MakeScraper, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "c", in_folder("a", kattis_package()))
    with (folder / "a/data/secret/03.in").open("wb") as big:
        big.truncate(100 * MIB)
    (folder / "a/data/secret/03.ans").write_text("1\n")
    run = await run_import(make_scraper(), folder)
    assert (run.state, counts(run)) == (RunState.SUCCEEDED, (1, 0, 0))


async def test_a_cut_archive_says_so(make_scraper: MakeScraper, tmp_path: Path) -> None:
    files = {**in_folder("a", kattis_package()), **in_folder("b", {**kattis_package(), "x": os.urandom(100_000)})}
    archive = tmp_path / "cut.tar.gz"
    archive.write_bytes(tar_bytes(files, mode="w:gz")[:60_000])
    run = await run_import(make_scraper(), archive)
    assert run.state is RunState.SUCCEEDED
    assert counts(run) == (1, 0, 0)
    assert "ends early" in run.message
    assert [item.reason for item in run.skipped] == ["UNREADABLE_PACKAGE"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.tar", b"not an archive", "UNREADABLE_PACKAGE"),
        ("x.tar", tar_bytes({"README": b"nothing here"}), None),
        ("x.tar", tar_bytes(in_folder("a", {**kattis_package(), "../../x": b""})), "UNSAFE_PACKAGE"),
    ],
)
async def test_nothing_to_collect_fails_with_a_reason(
    make_scraper: MakeScraper, tmp_path: Path, name: str, content: bytes, reason: str | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    run = await run_import(make_scraper(), path)
    assert run.state is RunState.FAILED
    assert run.message
    assert [item.reason for item in run.skipped] == ([reason] if reason else [])


async def test_what_a_killed_process_left_is_resumed(make_scraper: MakeScraper, store: Store, tmp_path: Path) -> None:
    scraper = make_scraper()
    folder = write_folder(tmp_path / "c", {**in_folder("a", kattis_package()), **in_folder("b", kattis_package())})
    first = await run_import(scraper, folder)
    half = dataclasses.replace(
        first, id="import-half", state=RunState.RUNNING, problem_ids=first.problem_ids[:1], new_problems=1,
        finished_time=None,
    )  # fmt: skip
    await store.imports.put(half)
    resumed = make_scraper()
    await run_import(resumed, folder)
    done = await store.imports.get("import-half")
    assert done.state is RunState.SUCCEEDED
    assert done.problem_ids == first.problem_ids
    assert counts(done) == (1, 0, 1)


async def test_the_scratch_folder_is_left_empty(make_scraper: MakeScraper, tmp_path: Path) -> None:
    scraper = make_scraper()
    archive = tmp_path / "x.tar"
    archive.write_bytes(tar_bytes(in_folder("a", kattis_package())))
    await run_import(scraper, archive)
    scratch: Any = scraper.settings.scratch_dir
    assert list(scratch.iterdir()) == []


async def test_a_path_that_vanished_fails_the_import(make_scraper: MakeScraper, tmp_path: Path) -> None:
    run = await run_import(make_scraper(), tmp_path / "gone")
    assert run.state is RunState.FAILED
    assert "neither a folder nor a file" in run.message
    with pytest.raises(NotFound):
        await make_scraper().runtime.store.imports.get("import-none")
