"""Valid core records with sensible values, each field overridable: `make_problem(title="Sum")`.

Problem-wide records (problem, raw problem, verification, prediction, timeline entry) share one problem id, so that they
fit together without arguments.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from microcoder.core.difficulty import Calibration, CalibrationSpec, Level, Prediction, ScoreSample
from microcoder.core.evaluation import EvaluationRun, EvaluationSpec, ItemResult
from microcoder.core.ids import digest_of, problem_id
from microcoder.core.ingest import ImportRun
from microcoder.core.problem import Problem, Program, Sample, SourceFile, TestCase, TestSuite
from microcoder.core.release import Release, ReleaseFile, ReleasePolicy
from microcoder.core.source import Contest, Feed, RawFormat, RawProblem
from microcoder.core.timeline import Stage, TimelineEntry, entry_id
from microcoder.core.training import MetricPoint, SampleCompletion, TrainingRun, TrainingSpec
from microcoder.core.verdict import Verdict
from microcoder.core.verification import Grade, ProgramCheck, Verification

T = TypeVar("T")

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
"""The time in records that were not told another."""
SOURCE = "kattis:sample-contest"
EXTERNAL_ID = "twosum"
PROBLEM_ID = problem_id(SOURCE, EXTERNAL_ID)


def make_test_case(ordinal: int = 0, *, input_text: str = "1 2\n", answer_text: str = "3\n", **fields: Any) -> TestCase:
    """A test whose digests are those of the given texts; the blobs themselves are the caller's."""
    data, answer = input_text.encode(), answer_text.encode()
    defaults = {
        "ordinal": ordinal,
        "name": f"secret/{ordinal:02d}",
        "input_digest": digest_of(data),
        "answer_digest": digest_of(answer),
        "input_bytes": len(data),
        "answer_bytes": len(answer),
    }
    return _make(TestCase, defaults, fields)


def make_suite(*cases: TestCase, **fields: Any) -> TestSuite:
    """A suite of `cases`, of one default case where none is given."""
    kept = cases or (make_test_case(),)
    joined = "".join(case.input_digest + case.answer_digest for case in kept)
    return _make(TestSuite, {"digest": digest_of(joined.encode()), "cases": kept, "total_cases": len(kept)}, fields)


def make_program(code: str = "print(sum(map(int, input().split())))\n", **fields: Any) -> Program:
    """An accepted Python program of one file; its blob is the caller's."""
    data = code.encode()
    main = SourceFile(path="main.py", digest=digest_of(data), size_bytes=len(data))
    defaults = {"name": "accepted/main.py", "language": "python3", "files": (main,), "expected": (Verdict.AC,)}
    return _make(Program, defaults, fields)


def make_problem(external_id: str = EXTERNAL_ID, **fields: Any) -> Problem:
    """A problem with one sample, one test and one accepted program."""
    source = fields.get("source", SOURCE)
    statement = fields.get("statement", "Given two integers $a$ and $b$ on one line, print their sum.")
    defaults = {
        "id": problem_id(source, external_id),
        "revision": 1,
        "source": source,
        "external_id": external_id,
        "url": f"https://contest.example/problems/{external_id}",
        "contest_id": "sample-contest",
        "title": "Two Sum",
        "statement": statement,
        "samples": (Sample(input="1 2\n", output="3\n"),),
        "suite": make_suite(),
        "programs": (make_program(),),
        "licence": "CC-BY-4.0",
        "published_time": NOW,
        "statement_digest": digest_of(statement.lower().encode()),
        "raw_digest": digest_of(external_id.encode()),
        "normalizer_version": "0.1.0",
    }
    return _make(Problem, defaults, fields)


def make_raw_problem(external_id: str = EXTERNAL_ID, **fields: Any) -> RawProblem:
    """A Kattis package; its blob is the caller's."""
    source = fields.get("source", SOURCE)
    defaults = {
        "id": problem_id(source, external_id),
        "revision": 1,
        "source": source,
        "external_id": external_id,
        "url": f"https://contest.example/problems/{external_id}",
        "format": RawFormat.KATTIS_PACKAGE,
        "raw_digest": digest_of(external_id.encode()),
        "raw_bytes": len(external_id),
        "fetched_time": NOW,
    }
    return _make(RawProblem, defaults, fields)


def make_contest(**fields: Any) -> Contest:
    """A contest that has ended."""
    defaults = {
        "id": "example.sample-contest",
        "source": "example",
        "external_id": "sample-contest",
        "title": "Sample Contest",
        "url": "https://contest.example/",
        "end_time": NOW,
        "problem_urls": ("https://contest.example/problems/twosum.zip",),
    }
    return _make(Contest, defaults, fields)


def make_feed(**fields: Any) -> Feed:
    """A feed that was not polled yet."""
    return _make(Feed, {"id": "feed", "url": "https://contest.example/feed.json", "created_time": NOW}, fields)


def make_import_run(**fields: Any) -> ImportRun:
    """An import that waits."""
    return _make(ImportRun, {"id": "import-000001", "path": "packages", "source": SOURCE, "created_time": NOW}, fields)


def make_verification(**fields: Any) -> Verification:
    """One right program passed, one wrong one was caught."""
    checks = (
        ProgramCheck(
            name="accepted/main.py", language="python3", expected=(Verdict.AC,), verdict=Verdict.AC, agrees=True
        ),
        ProgramCheck(name="wrong/zero.py", language="python3", expected=(Verdict.WA,), verdict=Verdict.WA, agrees=True),
    )
    defaults = {
        "id": PROBLEM_ID,
        "revision": 1,
        "suite_digest": make_suite().digest,
        "grade": Grade.PROVEN,
        "accepted_total": 1,
        "accepted_passed": 1,
        "wrong_total": 1,
        "wrong_caught": 1,
        "checks": checks,
        "judge_version": "0.1.0",
        "tier": "namespaces",
        "verified_time": NOW,
    }
    return _make(Verification, defaults, fields)


def make_prediction(**fields: Any) -> Prediction:
    """An easy problem by three answers that agree."""
    dimensions = {"algorithm": 2.0, "implementation": 2.0}
    defaults = {
        "id": PROBLEM_ID,
        "revision": 1,
        "scorer": "test-model",
        "prompt_digest": digest_of(b"prompt"),
        "samples": (ScoreSample(dimensions=dimensions, rationale="One addition."),) * 3,
        "dimensions": dimensions,
        "overall": 2.0,
        "level": Level.EASY,
        "scored_time": NOW,
    }
    return _make(Prediction, defaults, fields)


def make_calibration(**fields: Any) -> Calibration:
    """A calibration that waits."""
    return _make(Calibration, {"id": "cal-000001", "spec": CalibrationSpec(), "created_time": NOW}, fields)


def make_release(**fields: Any) -> Release:
    """A release of one problem; its files' blobs are the caller's."""
    digest = digest_of(b"manifest")
    defaults = {
        "id": f"default-{digest[:12]}",
        "policy": ReleasePolicy(),
        "manifest_digest": digest,
        "files": (ReleaseFile(path="manifest.json", digest=digest, size_bytes=8),),
        "problem_ids": (PROBLEM_ID,),
        "level_counts": {Level.EASY.value: 1},
        "created_time": NOW,
    }
    return _make(Release, defaults, fields)


def make_training_run(**fields: Any) -> TrainingRun:
    """A run that waits."""
    spec = TrainingSpec(release_id=make_release().id, model="model")
    return _make(TrainingRun, {"id": "train-000001", "spec": spec, "created_time": NOW}, fields)


def make_metric_point(step: int = 1, *, run_id: str = "train-000001", **fields: Any) -> MetricPoint:
    """The metrics of one step."""
    values = {"reward": 0.5, "loss": 0.1, "completions/mean_length": 40.0}
    defaults = {"id": f"{run_id}:{step:06d}", "run_id": run_id, "step": step, "values": values, "time": NOW}
    return _make(MetricPoint, defaults, fields)


def make_sample_completion(step: int = 1, index: int = 0, **fields: Any) -> SampleCompletion:
    """A right answer seen in training."""
    run_id = fields.get("run_id", "train-000001")
    defaults = {
        "id": f"{run_id}:{step:06d}:{index:04d}",
        "run_id": run_id,
        "step": step,
        "problem_id": PROBLEM_ID,
        "completion": "```python\nprint(3)\n```",
        "verdict": Verdict.AC,
        "reward": 1.0,
    }
    return _make(SampleCompletion, defaults, fields)


def make_evaluation_run(**fields: Any) -> EvaluationRun:
    """A run that waits."""
    spec = EvaluationSpec(dataset="items.jsonl")
    return _make(EvaluationRun, {"id": "eval-000001", "spec": spec, "created_time": NOW}, fields)


def make_item_result(item_id: str = "abc123_a", *, run_id: str = "eval-000001", **fields: Any) -> ItemResult:
    """Two completions, one right."""
    defaults = {
        "id": f"{run_id}:{item_id}",
        "run_id": run_id,
        "item_id": item_id,
        "platform": "atcoder",
        "level": "easy",
        "samples": 2,
        "passed": 1,
        "verdicts": (Verdict.AC, Verdict.WA),
        "completions": ("print(3)", "print(4)"),
        "programs": ("print(3)", "print(4)"),
    }
    return _make(ItemResult, defaults, fields)


def make_timeline_entry(stage: Stage = Stage.COLLECTED, *, subject: str = "", **fields: Any) -> TimelineEntry:
    """One step of the default problem."""
    owner, revision = fields.get("problem_id", PROBLEM_ID), fields.get("revision", 1)
    actor = fields.get("actor", "scraper")
    defaults = {
        "id": entry_id(owner, revision, stage, actor, subject),
        "problem_id": owner,
        "revision": revision,
        "stage": stage,
        "actor": actor,
        "time": NOW,
        "summary": f"It was {stage}.",
    }
    return _make(TimelineEntry, defaults, fields)


def _make(record_type: type[T], defaults: Mapping[str, Any], fields: Mapping[str, Any]) -> T:
    return record_type(**{**defaults, **fields})
