"""From files to canonical problems: scraper, outbox, bus, normalizer, catalogue, on a real store and bus."""

import json
import os
from pathlib import Path

import pytest

from microcoder.bus import Bus
from microcoder.core.errors import InvalidArgument, NotFound
from microcoder.core.ids import problem_id
from microcoder.core.problem import CheckerKind
from microcoder.core.timeline import Stage
from microcoder.host import ServiceSettings
from microcoder.store import Store
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime
from microcoder.testing.packages import in_folder, kattis_package, tar_bytes, write_folder
from microcoder.v1 import normalizer_service_pb2 as pb
from microcoder.v1.events_pb2 import ProblemCollected
from microcoder.v1.timeline_pb2 import STAGE_NORMALIZED, STAGE_REJECTED
from microcoder.wire import Topic

from .pipeline import TIMEOUT_S, running_pipeline, until

MIB = 1024 * 1024
STATEMENT = "problem_statement/problem.en.tex"
SWEDISH = "Du får två heltal på en rad. Skriv ett program som räknar ut summan av dem och skriver ut den."
Surroundings = tuple[MakeRuntime, Serve, Store, Bus]


@pytest.fixture
def surroundings(runtime: MakeRuntime, serve: Serve, store: Store, bus: Bus) -> Surroundings:
    return runtime, serve, store, bus


def contest(tmp_path: Path, packages: dict[str, dict[str, bytes]]) -> Path:
    for name, files in packages.items():
        write_folder(tmp_path / "spring" / name, files)
    return tmp_path / "spring"


async def test_good_and_bad_problems_each_end_where_they_should(surroundings: Surroundings, tmp_path: Path) -> None:
    folder = contest(
        tmp_path,
        {
            "fine": kattis_package(title="Fine"),
            "mute": kattis_package(title="Mute", files={STATEMENT: None}),
            "empty": kattis_package(
                title="Empty", files={f"data/{n}.in": None for n in ("sample/1", "secret/01", "secret/02")}
            ),
            "latin": kattis_package(title="Latin", files={STATEMENT: b"na\xefve"}),
            "svensk": kattis_package(title="Svensk", files={STATEMENT: SWEDISH}),
            "guess": kattis_package(title="Guess", files={"problem.yaml": "validation: custom interactive"}),
        },
    )
    (folder / "svensk" / "data" / "leak").symlink_to("/etc/passwd")
    async with running_pipeline(*surroundings) as pipeline:
        run = await pipeline.import_path(folder)
        assert [(item.name, item.reason) for item in run.skipped] == [("svensk", "UNSAFE_PACKAGE")]
        await pipeline.settled(5)
        write_folder(folder / "zwilling", kattis_package(title="Fine"))
        assert (await pipeline.import_path(folder)).new_problems == 1
        assert await pipeline.settled(6) == {
            "fine": "", "mute": "NO_STATEMENT", "empty": "NO_TESTS", "latin": "BAD_ENCODING",
            "guess": "UNSUPPORTED_MODE", "zwilling": "DUPLICATE",
        }  # fmt: skip
        funnel = await pipeline.normalizer.GetFunnel(pb.GetFunnelRequest(), timeout=TIMEOUT_S)
        assert (funnel.reached["collected"], funnel.reached["normalized"], funnel.under_way) == (6, 1, 1)
        assert funnel.rejected == {
            "NO_STATEMENT": 1, "NO_TESTS": 1, "BAD_ENCODING": 1, "UNSUPPORTED_MODE": 1, "DUPLICATE": 1,
        }  # fmt: skip
        normalized = {event.problem_normalized.problem_id for event in await pipeline.sent(Topic.PROBLEM_NORMALIZED)}
        rejected = {event.problem_rejected.problem_id for event in await pipeline.sent(Topic.PROBLEM_REJECTED)}
        assert normalized == {problem_id("kattis:spring", "fine")}
        assert len(rejected) == 5

        twin = problem_id("kattis:spring", "zwilling")
        request = pb.TraceProblemRequest(problem_id=twin)
        entries = (await pipeline.normalizer.TraceProblem(request, timeout=TIMEOUT_S)).entries
        assert [(entry.actor, entry.reason) for entry in entries] == [("scraper", ""), ("normalizer", "DUPLICATE")]
        assert problem_id("kattis:spring", "fine") in entries[1].summary

        again = await pipeline.import_path(folder)
        assert (again.new_problems, again.changed_problems, again.unchanged_problems) == (0, 0, 6)
        assert len(await pipeline.sent(Topic.PROBLEM_COLLECTED)) == 6


async def test_the_problem_and_its_blobs_are_there(surroundings: Surroundings, tmp_path: Path) -> None:
    files = kattis_package(
        files={"problem.yaml": "validation: custom", "output_validators/v.py": "import sys\nsys.exit(42)\n"}
    )
    async with running_pipeline(*surroundings) as pipeline:
        await pipeline.import_path(contest(tmp_path, {"sum": files}))
        await pipeline.settled(1)
        store = pipeline.store
        problem = await store.problems.get(problem_id("kattis:spring", "sum"))
        assert problem.checker.kind is CheckerKind.CUSTOM
        assert problem.checker.program is not None
        programs = (*problem.programs, problem.checker.program)
        digests = [d for case in problem.suite.cases for d in (case.input_digest, case.answer_digest)]
        digests += [file.digest for program in programs for file in program.files]
        for digest in digests:
            assert await store.blobs.get(digest)
        response = await pipeline.normalizer.GetProblem(pb.GetProblemRequest(problem_id=problem.id), timeout=TIMEOUT_S)
        assert response.problem.title == response.summary.title == "Two Sum"
        assert (response.summary.state, response.summary.tests) == (STAGE_NORMALIZED, 3)
        assert not response.HasField("verification")


async def test_a_changed_package_is_a_new_revision_and_a_stale_event_is_ignored(
    surroundings: Surroundings, tmp_path: Path
) -> None:
    folder = contest(tmp_path, {"sum": kattis_package(files={STATEMENT: None})})
    async with running_pipeline(*surroundings) as pipeline:
        run = await pipeline.import_path(folder)
        assert await pipeline.settled(1) == {"sum": "NO_STATEMENT"}
        write_folder(folder / "sum", kattis_package())
        assert (await pipeline.import_path(folder)).changed_problems == 1
        await until(pipeline.summaries, lambda lines: lines[0].state == STAGE_NORMALIZED)
        (line,) = await pipeline.summaries()
        assert (line.revision, line.reason) == (2, "")

        raw = await pipeline.store.raw_problems.get(run.problem_ids[0])
        stale = ProblemCollected(problem_id=raw.id, revision=1, raw_digest=raw.raw_digest)
        current = ProblemCollected(problem_id=raw.id, revision=2, raw_digest=raw.raw_digest)
        publisher = surroundings[0]("scraper", ServiceSettings())
        before = await pipeline.store.timeline.of(raw.id)
        await publisher.publish(stale)
        await publisher.publish(current)
        sent = await until(lambda: pipeline.sent(Topic.PROBLEM_NORMALIZED), lambda found: len(found) == 2)
        assert {event.problem_normalized.revision for event in sent} == {2}
        assert await pipeline.store.timeline.of(raw.id) == before


async def test_a_hundred_megabyte_test_is_left_out(surroundings: Surroundings, tmp_path: Path) -> None:
    no_tests = {f"data/{name}.in": None for name in ("sample/1", "secret/01", "secret/02")}
    only_big = kattis_package(title="Only big", files=no_tests)
    folder = contest(tmp_path, {"big": kattis_package(title="Big"), "only": only_big})
    for name in ("big", "only"):
        with (folder / name / "data/secret/03.in").open("wb") as big:
            big.truncate(100 * MIB)
        (folder / name / "data/secret/03.ans").write_text("1\n")
    async with running_pipeline(*surroundings) as pipeline:
        await pipeline.import_path(folder)
        assert await pipeline.settled(2) == {"big": "", "only": "NO_TESTS"}
        entries = await pipeline.store.timeline.of(problem_id("kattis:spring", "big"))
        note = next(entry for entry in entries if entry.stage is Stage.NORMALIZED)
        assert (note.details["tests_kept"], note.details["tests_too_large"]) == ("3", "1")


async def test_a_cut_archive_gives_its_whole_problems(surroundings: Surroundings, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    packages = [in_folder(n, {**kattis_package(title=n), "z": os.urandom(50_000)}) for n in names]
    archive = tmp_path / "cut.tar.gz"
    archive.write_bytes(tar_bytes({k: v for p in packages for k, v in p.items()}, mode="w:gz")[:120_000])
    async with running_pipeline(*surroundings) as pipeline:
        run = await pipeline.import_path(archive)
        assert "ends early" in run.message
        assert await pipeline.settled(2) == {"a": "", "b": ""}


async def test_twins_are_decided_by_collection_not_by_chance(surroundings: Surroundings, tmp_path: Path) -> None:
    same = {f"p{n}": kattis_package(title="Same") for n in range(6)}
    async with running_pipeline(*surroundings) as pipeline:
        await pipeline.import_path(contest(tmp_path, same))
        reasons = await pipeline.settled(6)
        assert reasons == {"p0": "", **{f"p{n}": "DUPLICATE" for n in range(1, 6)}}


async def test_the_same_title_and_samples_are_the_same_problem(surroundings: Surroundings, tmp_path: Path) -> None:
    retold = kattis_package(
        files={STATEMENT: "\\problemname{Two Sum}\nAdd two numbers, both on the same line of input."}
    )
    other = kattis_package(title="Another", files={STATEMENT: "\\problemname{Another}\nAdd two numbers on a line."})
    packages = {"a": kattis_package(), "b": retold, "c": other}
    async with running_pipeline(*surroundings) as pipeline:
        await pipeline.import_path(contest(tmp_path, packages))
        assert await pipeline.settled(3) == {"a": "", "b": "DUPLICATE", "c": ""}


async def test_problems_of_an_evaluation_set_are_kept_out(surroundings: Surroundings, tmp_path: Path) -> None:
    text = " ".join(f"word{n}" for n in range(60))
    protected = tmp_path / "protected.jsonl"
    protected.write_text(json.dumps({"id": "lcb-1", "statement": f"Intro. {text}. Outro."}) + "\n")
    packages = {"leaked": kattis_package(files={STATEMENT: f"\\problemname{{Leak}} {text}"}), "ok": kattis_package()}
    async with running_pipeline(*surroundings, protected_file=protected) as pipeline:
        await pipeline.import_path(contest(tmp_path, packages))
        assert await pipeline.settled(2) == {"leaked": "CONTAMINATED", "ok": ""}
        entries = await pipeline.store.timeline.of(problem_id("kattis:spring", "leaked"))
        assert "lcb-1" in entries[-1].summary


async def test_lists_are_filtered_and_paged(surroundings: Surroundings, tmp_path: Path) -> None:
    packages = {f"p{n}": kattis_package(title=f"T{n}") for n in range(5)}
    packages["p9"] = kattis_package(files={STATEMENT: None})
    async with running_pipeline(*surroundings) as pipeline:
        await pipeline.import_path(contest(tmp_path, packages))
        await pipeline.settled(6)
        stub = pipeline.normalizer
        first = await stub.ListProblems(pb.ListProblemsRequest(page_size=4), timeout=TIMEOUT_S)
        rest = pb.ListProblemsRequest(page_size=4, page_token=first.next_page_token)
        second = await stub.ListProblems(rest, timeout=TIMEOUT_S)
        assert [len(first.problems), len(second.problems), second.next_page_token] == [4, 2, ""]
        only = pb.ListProblemsRequest(state=STAGE_REJECTED, page_size=2, source="kattis:spring")
        rejected = await stub.ListProblems(only, timeout=TIMEOUT_S)
        assert [line.problem_id for line in rejected.problems] == [problem_id("kattis:spring", "p9")]
        named = pb.GetFunnelRequest(problem_ids=[problem_id("kattis:spring", "p1")])
        assert (await stub.GetFunnel(named, timeout=TIMEOUT_S)).reached["collected"] == 1
        with pytest.raises(NotFound):
            await stub.GetProblem(pb.GetProblemRequest(problem_id="nobody"), timeout=TIMEOUT_S)
        with pytest.raises(NotFound):
            await stub.TraceProblem(pb.TraceProblemRequest(problem_id="nobody"), timeout=TIMEOUT_S)
        with pytest.raises(InvalidArgument):
            await stub.ListProblems(pb.ListProblemsRequest(page_size=501), timeout=TIMEOUT_S)


@pytest.mark.slow
async def test_the_kth_challenge(surroundings: Surroundings, shared: Path) -> None:
    archive = shared / "data/packages/kth-challenge-2019.tar.xz"
    async with running_pipeline(*surroundings) as pipeline:
        run = await pipeline.import_path(archive)
        assert (run.new_problems, run.skipped) == (8, ())
        reasons = await pipeline.settled(8)
        assert set(reasons.values()) == {""}
        custom = [p.external_id async for p in pipeline.store.problems.scan() if p.checker.kind is CheckerKind.CUSTOM]
        assert custom == ["espressobucks", "symmetricpolynomials", "typecharts"]
        again = await pipeline.import_path(archive)
        assert again.unchanged_problems == 8
