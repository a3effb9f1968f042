"""All that a service stores, behind one connection."""

from typing import Self, TypeVar

from microcoder.core.difficulty import Calibration, Prediction
from microcoder.core.evaluation import EvaluationRun, ItemResult
from microcoder.core.ingest import ImportRun
from microcoder.core.lease import Lease
from microcoder.core.problem import Problem
from microcoder.core.release import Release
from microcoder.core.source import Contest, Feed, RawProblem
from microcoder.core.training import MetricPoint, SampleCompletion, TrainingRun
from microcoder.core.verification import Verification
from microcoder.store import schema
from microcoder.store.blobs import GridBlobStore
from microcoder.store.codec import Codec
from microcoder.store.driver import Driver, connect
from microcoder.store.errors import translated
from microcoder.store.migrations import migrate
from microcoder.store.port import BlobStore, Repository, TimelineLog
from microcoder.store.repository import MongoRepository
from microcoder.store.schema import CollectionSpec
from microcoder.store.settings import StoreSettings
from microcoder.store.timeline import MongoTimelineLog

T = TypeVar("T")


class Store:
    """The records, the timeline and the blobs. Made by `open`; belongs to the event loop that it was opened in."""

    def __init__(self, driver: Driver, settings: StoreSettings) -> None:
        self._driver = driver
        self.contests: Repository[Contest] = self._repository(schema.CONTESTS, Contest)
        self.feeds: Repository[Feed] = self._repository(schema.FEEDS, Feed)
        self.imports: Repository[ImportRun] = self._repository(schema.IMPORTS, ImportRun)
        self.raw_problems: Repository[RawProblem] = self._repository(schema.RAW_PROBLEMS, RawProblem)
        self.problems: Repository[Problem] = self._repository(schema.PROBLEMS, Problem)
        self.verifications: Repository[Verification] = self._repository(schema.VERIFICATIONS, Verification)
        self.predictions: Repository[Prediction] = self._repository(schema.PREDICTIONS, Prediction)
        self.calibrations: Repository[Calibration] = self._repository(schema.CALIBRATIONS, Calibration)
        self.releases: Repository[Release] = self._repository(schema.RELEASES, Release)
        self.training_runs: Repository[TrainingRun] = self._repository(schema.TRAINING_RUNS, TrainingRun)
        self.training_metrics: Repository[MetricPoint] = self._repository(schema.TRAINING_METRICS, MetricPoint)
        self.training_samples: Repository[SampleCompletion] = self._repository(
            schema.TRAINING_SAMPLES, SampleCompletion
        )
        self.evaluation_runs: Repository[EvaluationRun] = self._repository(schema.EVALUATION_RUNS, EvaluationRun)
        self.evaluation_items: Repository[ItemResult] = self._repository(schema.EVALUATION_ITEMS, ItemResult)
        self.leases: Repository[Lease] = self._repository(schema.LEASES, Lease)
        self.timeline: TimelineLog = MongoTimelineLog(driver.collection(schema.TIMELINE))
        self.blobs: BlobStore = GridBlobStore(driver, settings)

    @classmethod
    async def open(cls, settings: StoreSettings) -> Self:
        """Connects. The connection repairs itself whenever the database comes back.

        Raises:
            InvalidArgument: The URI cannot be used.
            PermissionDenied: The database refuses the user.
            Unavailable: It does not answer.
        """
        driver = connect(settings)
        store = cls(driver, settings)
        try:
            await store.ping()
        except BaseException:
            await driver.close()
            raise
        return store

    async def migrate(self) -> list[str]:
        """Brings collections and indexes up to this version; gives the names of the changes made, empty where none was.

        Explicit, idempotent, and safe where several services do it at once.
        """
        return [migration.name for migration in await migrate(self._driver)]

    async def ping(self) -> None:
        """Returns where the database answers.

        Raises:
            PermissionDenied: It refuses the user.
            Unavailable: It does not.
        """
        with translated("Asking the database"):
            await self._driver.command("ping")

    async def close(self) -> None:
        """Closes all connections; the store cannot be used any more."""
        await self._driver.close()

    def _repository(self, spec: CollectionSpec, record_type: type[T]) -> Repository[T]:
        return MongoRepository(spec.name, self._driver.collection(spec.name), Codec(record_type))
