"""Releases: their bytes, their record, and who can read them."""

import dataclasses
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml

from microcoder.bus import Bus
from microcoder.core.difficulty import CurvePoint
from microcoder.core.errors import FailedPrecondition, InvalidArgument, MicrocoderError, NotFound
from microcoder.core.release import ReleasePolicy
from microcoder.core.run import RunState
from microcoder.core.timeline import Stage
from microcoder.host import OutboxRelay
from microcoder.store import Store
from microcoder.testing.builders import NOW, make_calibration, make_timeline_entry
from microcoder.testing.bus import events_on
from microcoder.v1 import release_pb2
from microcoder.v1 import scorer_service_pb2 as pb
from microcoder.wire import Topic, to_proto

T = 20.0
SCORES = [1.0, 2.6, 4.0]


async def cut(bench: Any, **policy: Any) -> pb.CreateReleaseResponse:
    message = to_proto(ReleasePolicy(**policy), release_pb2.ReleasePolicy)
    response: pb.CreateReleaseResponse = await bench.rpc.CreateRelease(
        pb.CreateReleaseRequest(policy=message), timeout=T
    )
    return response


async def download(bench: Any, release: release_pb2.Release, folder: Path) -> Path:
    """All files of a release, over gRPC."""
    for file in release.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        request = pb.DownloadReleaseFileRequest(release_id=release.id, path=file.path)
        chunks = [response.chunk async for response in bench.rpc.DownloadReleaseFile(request, timeout=T)]
        assert all(len(chunk) <= 256 * 1024 for chunk in chunks)
        path.write_bytes(b"".join(chunks))
    return folder


async def test_equal_inputs_give_equal_bytes_and_one_release(bench: Any, store: Store) -> None:
    await bench.add(SCORES)
    first = await cut(bench)
    second = await cut(bench)
    assert (first.created, second.created) == (True, False)
    assert first.release == second.release
    assert await store.releases.count() == 1
    # The same problems written again, and another process.
    await bench.add(SCORES)
    await bench.start()
    third = await cut(bench)
    assert (third.created, third.release) == (False, first.release)


async def test_what_changes_a_release_changes_its_id(bench: Any, store: Store) -> None:
    problems = await bench.add(SCORES)
    ids = {(await cut(bench)).release.id}
    ids.add((await cut(bench, worked_examples=1)).release.id)
    ids.add((await cut(bench, name="other")).release.id)
    await store.problems.put(dataclasses.replace(problems[0], statement="Another text."))
    ids.add((await cut(bench)).release.id)
    assert len(ids) == 4


async def test_the_manifest_lists_files_inputs_and_rules(bench: Any, store: Store, tmp_path: Path) -> None:
    problems = await bench.add(SCORES)
    await bench.add(SCORES[:1], licence="proprietary")
    release = (await cut(bench, name="fresh", licences=("CC-BY-4.0",))).release
    folder = await download(bench, release, tmp_path)
    raw = (folder / "manifest.json").read_bytes()
    manifest = json.loads(raw)
    assert release.id == f"fresh-{hashlib.sha256(raw).hexdigest()[:12]}"
    assert release.manifest_digest == hashlib.sha256(raw).hexdigest()
    for file in manifest["files"]:
        assert hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest() == file["digest"]
    assert manifest["policy"]["licences"] == ["CC-BY-4.0"]
    assert manifest["excluded"] == {"licence": 1}
    assert manifest["counts"] == {"problems": 2, "levels": {"medium": 1, "hard": 1}}
    assert [item["problem_id"] for item in manifest["inputs"]] == [problem.id for problem in problems[1:]]
    assert manifest["inputs"][0]["suite_digest"] == problems[1].suite.digest
    assert "2026-" not in json.dumps({**manifest, "inputs": []})


async def test_datasets_loads_the_folder_and_the_file_unchanged(bench: Any, tmp_path: Path) -> None:
    problems = await bench.add(SCORES)
    release = (await cut(bench, worked_examples=1)).release
    folder = await download(bench, release, tmp_path / "release")
    by_folder = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "a"))
    parquet = str(folder / "data" / "train-00000-of-00001.parquet")
    by_file = datasets.load_dataset("parquet", data_files=parquet, split="train", cache_dir=str(tmp_path / "b"))
    assert by_folder.to_list() == by_file.to_list()
    row = by_folder[0]
    # What TRL asks of a conversational prompt: a list of messages, each with role and content, the last by the user.
    assert [message["role"] for message in row["prompt"]] == ["system", "user", "assistant", "user"]
    assert all(set(message) == {"role", "content"} for message in row["prompt"])
    assert "Statement 0." in row["prompt"][-1]["content"]
    assert not {"completion", "messages", "chosen", "rejected"} & set(by_folder.column_names)
    assert row["problem_id"] == problems[0].id
    assert (row["level"], row["overall"], row["pass_rate"], row["grade"]) == ("easy", 1.0, None, "proven")
    assert (row["tests"], row["published"]) == (1, NOW)


async def test_the_card_has_front_matter_and_the_counts(bench: Any, store: Store, tmp_path: Path) -> None:
    await bench.add(SCORES, source="kattis:|evil| <b>")
    card = ((await download(bench, (await cut(bench)).release, tmp_path)) / "README.md").read_text()
    _, front, text = card.split("---\n", 2)
    matter = yaml.safe_load(front)
    assert matter["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-00000-of-00001.parquet"}]}
    ]
    assert (matter["size_categories"], matter["language"]) == (["n<1K"], ["en"])
    assert "| easy | 1 |" in text
    assert "| kattis:\\|evil\\| &lt;b> | 3 |" in text
    assert "rough order" in text


async def test_released_problems_and_others_can_be_traced(bench: Any, store: Store, bus: Bus) -> None:
    problems = await bench.add(SCORES)
    release = (await cut(bench)).release
    await cut(bench)
    for problem in problems:
        (entry,) = await store.timeline.of(problem.id)
        assert (entry.stage, entry.details["release_id"]) == (Stage.RELEASED, release.id)
    relay = OutboxRelay(bench.parts.outboxes, bus, bench.runtime.metrics, interval_s=0.1)
    await relay.flush()
    (event,) = await events_on(bus, Topic.DATASET_RELEASED)
    assert event.dataset_released.release_id == release.id
    assert (event.dataset_released.problems, event.dataset_released.manifest_digest) == (3, release.manifest_digest)


async def test_a_crash_before_the_traces_is_made_good(bench: Any, store: Store, monkeypatch: Any) -> None:
    (problem,) = await bench.add(SCORES[:1])
    with monkeypatch.context() as patch:
        patch.setattr(type(bench.runtime), "note", _crash)
        with pytest.raises(MicrocoderError):
            await cut(bench)
    assert await store.timeline.of(problem.id) == []
    assert (await cut(bench)).created is False
    assert len(await store.timeline.of(problem.id)) == 1


async def test_an_empty_release_says_which_rule_left_out_how_many(bench: Any, store: Store) -> None:
    with pytest.raises(FailedPrecondition, match="no problems yet"):
        await cut(bench)
    problems = await bench.add(SCORES)
    await store.timeline.add(make_timeline_entry(Stage.REJECTED, problem_id=problems[0].id))
    with pytest.raises(FailedPrecondition, match="rejected: 1, published: 2"):
        await cut(bench, published_from=NOW + timedelta(days=1))


async def test_a_calibration_sets_levels_and_chances(bench: Any, store: Store, tmp_path: Path) -> None:
    await bench.add(SCORES)
    calibration = make_calibration(
        id="cal-1", state=RunState.SUCCEEDED, scorer="scripted", model="target", easy_below=3.0, hard_above=3.5,
        curve=(_point(1.0, 0.8), _point(4.0, 0.2)),
    )  # fmt: skip
    await store.calibrations.put(calibration)
    release = (await cut(bench, calibration_id="cal-1")).release
    assert release.level_counts == {"easy": 2, "hard": 1}
    folder = await download(bench, release, tmp_path)
    rows = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert rows["pass_rate"][:] == pytest.approx([0.8, 0.48, 0.2])
    assert json.loads((folder / "manifest.json").read_text())["calibration"]["model"] == "target"
    assert "for target" in (folder / "README.md").read_text()


async def test_what_cannot_be_cut_says_why(bench: Any, store: Store) -> None:
    await bench.add(SCORES)
    await store.calibrations.put(make_calibration(id="cal-1"))
    with pytest.raises(FailedPrecondition, match="is pending"):
        await cut(bench, calibration_id="cal-1")
    with pytest.raises(NotFound):
        await cut(bench, calibration_id="cal-2")
    for policy in ({"name": " "}, {"worked_examples": 9}, {"published_from": NOW, "published_to": NOW - timedelta(1)}):
        with pytest.raises(InvalidArgument):
            await cut(bench, **policy)


async def test_lists_gets_and_misses(bench: Any) -> None:
    await bench.add(SCORES)
    release = (await cut(bench)).release
    listed = await bench.rpc.ListReleases(pb.ListReleasesRequest(), timeout=T)
    assert [item.id for item in listed.releases] == [release.id]
    got = await bench.rpc.GetRelease(pb.GetReleaseRequest(release_id=release.id), timeout=T)
    assert got.release == release
    wrong = pb.DownloadReleaseFileRequest(release_id=release.id, path="../etc/passwd")
    with pytest.raises(NotFound, match=r"README\.md"):
        await anext(aiter(bench.rpc.DownloadReleaseFile(wrong, timeout=T)))


def _point(score: float, rate: float) -> CurvePoint:
    return CurvePoint(score=score, pass_rate=rate, low=0.0, high=1.0)


async def _crash(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("killed")
