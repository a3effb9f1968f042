"""The append-only lives of all problems."""

from collections.abc import AsyncIterator, Iterable, Sequence

from pymongo.errors import DuplicateKeyError

from microcoder.core.timeline import Stage, TimelineEntry
from microcoder.store.codec import Codec, Document
from microcoder.store.driver import Collection
from microcoder.store.errors import translated
from microcoder.store.query import Order, walk

_BY_PROBLEM = Order(("problem_id", "time", "_id"))
_STAGES = list(Stage)
_IDS_PER_QUERY = 1000


class MongoTimelineLog:
    """Fills the port `TimelineLog`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._codec = Codec(TimelineEntry)

    async def add(self, entry: TimelineEntry) -> bool:
        document = self._codec.encode(entry)
        with translated(f"Writing the timeline of {entry.problem_id}"):
            try:
                await self._collection.insert_one(document)
            except DuplicateKeyError:
                return False
        return True

    async def of(self, problem_id: str) -> list[TimelineEntry]:
        async for _, entries in self.scan([problem_id]):
            return entries
        return []

    async def scan(self, problem_ids: Sequence[str] = ()) -> AsyncIterator[tuple[str, list[TimelineEntry]]]:
        for query in _queries(sorted(set(problem_ids))):
            life: list[TimelineEntry] = []
            async for document in walk(self._collection, query, _BY_PROBLEM, what="Reading the timeline"):
                if life and life[0].problem_id != document["problem_id"]:
                    yield life[0].problem_id, _oldest_first(life)
                    life = []
                life.append(self._codec.decode(document))
            if life:
                yield life[0].problem_id, _oldest_first(life)


def _queries(problem_ids: Sequence[str]) -> Iterable[Document]:
    if not problem_ids:
        return [{}]
    starts = range(0, len(problem_ids), _IDS_PER_QUERY)
    return [{"problem_id": {"$in": list(problem_ids[start : start + _IDS_PER_QUERY])}} for start in starts]


def _oldest_first(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """By time; steps of the same millisecond by their order in the pipeline."""
    return sorted(entries, key=lambda entry: (entry.time, entry.revision, _STAGES.index(entry.stage)))
