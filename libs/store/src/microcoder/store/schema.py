"""The collections, what lies in them and how it is found.

Every query that a service makes often has an index here; the ids carry the rest.
"""

from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from microcoder.core.difficulty import Calibration, Prediction
from microcoder.core.evaluation import EvaluationRun, ItemResult
from microcoder.core.ingest import ImportRun
from microcoder.core.lease import Lease
from microcoder.core.problem import Problem
from microcoder.core.release import Release
from microcoder.core.source import Contest, Feed, RawProblem
from microcoder.core.training import MetricPoint, SampleCompletion, TrainingRun
from microcoder.core.verification import Verification
from microcoder.store import outbox
from microcoder.store.blobs import CHUNKS, FILES

TIMELINE = "timeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSpec:
    """One collection of records."""

    name: str
    record_type: type[Any]
    lookups: tuple[str, ...] = ()
    """Fields that lists are filtered by; each is indexed together with the id, the order of lists."""
    newest_first: bool = False
    """Whether lists come by `created_time` too."""

    def indexes(self) -> list[IndexModel]:
        """What this collection needs beside the index on `_id`."""
        models = [IndexModel([(field, ASCENDING), ("_id", ASCENDING)]) for field in self.lookups]
        if self.newest_first:
            models.append(IndexModel([("created_time", DESCENDING), ("_id", DESCENDING)]))
        return [*models, IndexModel([(outbox.ADDED, ASCENDING)], sparse=True)]


CONTESTS = CollectionSpec(name="contests", record_type=Contest, lookups=("source",))
FEEDS = CollectionSpec(name="feeds", record_type=Feed, newest_first=True)
IMPORTS = CollectionSpec(name="imports", record_type=ImportRun, lookups=("state",), newest_first=True)
RAW_PROBLEMS = CollectionSpec(name="raw_problems", record_type=RawProblem, lookups=("source", "contest_id"))
PROBLEMS = CollectionSpec(
    name="problems", record_type=Problem, lookups=("source", "contest_id", "statement_digest", "title")
)
VERIFICATIONS = CollectionSpec(name="verifications", record_type=Verification, lookups=("grade",))
PREDICTIONS = CollectionSpec(name="predictions", record_type=Prediction, lookups=("level",))
CALIBRATIONS = CollectionSpec(name="calibrations", record_type=Calibration, lookups=("state",), newest_first=True)
RELEASES = CollectionSpec(name="releases", record_type=Release, newest_first=True)
TRAINING_RUNS = CollectionSpec(name="training_runs", record_type=TrainingRun, lookups=("state",), newest_first=True)
TRAINING_METRICS = CollectionSpec(name="training_metrics", record_type=MetricPoint, lookups=("run_id",))
TRAINING_SAMPLES = CollectionSpec(
    name="training_samples", record_type=SampleCompletion, lookups=("run_id", "problem_id")
)
EVALUATION_RUNS = CollectionSpec(
    name="evaluation_runs", record_type=EvaluationRun, lookups=("state",), newest_first=True
)
LEASES = CollectionSpec(name="leases", record_type=Lease)
EVALUATION_ITEMS = CollectionSpec(name="evaluation_items", record_type=ItemResult, lookups=("run_id",))

COLLECTIONS = (
    CONTESTS,
    FEEDS,
    IMPORTS,
    RAW_PROBLEMS,
    PROBLEMS,
    VERIFICATIONS,
    PREDICTIONS,
    CALIBRATIONS,
    RELEASES,
    TRAINING_RUNS,
    TRAINING_METRICS,
    TRAINING_SAMPLES,
    EVALUATION_RUNS,
    EVALUATION_ITEMS,
    LEASES,
)


def all_indexes() -> dict[str, list[IndexModel]]:
    """Every index by the name of its collection."""
    return {
        **{spec.name: spec.indexes() for spec in COLLECTIONS},
        TIMELINE: [IndexModel([("problem_id", ASCENDING), ("time", ASCENDING), ("_id", ASCENDING)])],
        FILES: [IndexModel([("filename", ASCENDING)], name="one_file_per_digest", unique=True)],
        CHUNKS: [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    }
