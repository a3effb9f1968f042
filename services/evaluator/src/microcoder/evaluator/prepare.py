"""From a specification to what can be run: the items, read, filtered and screened."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from microcoder.core.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.adapters.dataset import dataset_digest, read_items
from microcoder.evaluator.domain.contamination import Overlap, Text, find_overlaps
from microcoder.evaluator.domain.items import DatasetError, EvaluationItem
from microcoder.evaluator.domain.selection import describe, select
from microcoder.evaluator.domain.specs import check_spec
from microcoder.evaluator.settings import EvaluatorSettings
from microcoder.store import Store

_SHOWN_OVERLAPS = 5
_LISTED_OVERLAPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A data set as one run takes it."""

    digest: str
    """SHA-256 of the file."""
    items: tuple[EvaluationItem, ...]
    """Those that fit, in its order."""


class Preparer:
    """Reads data sets and says what cannot be run."""

    def __init__(self, store: Store, settings: EvaluatorSettings) -> None:
        self._store = store
        self._max_bytes = settings.max_dataset_bytes
        self._roots = tuple(root.resolve() for root in settings.roots)

    async def admit(self, spec: EvaluationSpec) -> Prepared:
        """What a run of `spec` would take, if it may start at all.

        Raises:
            InvalidArgument: A field is wrong, or the data set cannot be read or has no item that fits.
            PermissionDenied: A path lies outside the configured folders.
            NotFound: There is no such training release.
            FailedPrecondition: Items share problems with the training release (`CONTAMINATED`).
        """
        check_spec(spec)
        self._check_path("dataset", spec.dataset, folder=False)
        if spec.checkpoint:
            self._check_path("checkpoint", spec.checkpoint, folder=True)
        prepared = await self.read(spec)
        if spec.training_release_id:
            await self._screen(prepared.items, spec.training_release_id)
        return prepared

    async def read(self, spec: EvaluationSpec) -> Prepared:
        """The items that `spec` takes of its data set.

        Raises:
            InvalidArgument: The data set cannot be read or has no item that fits.
        """
        return await asyncio.to_thread(self._read, spec)

    def _read(self, spec: EvaluationSpec) -> Prepared:
        path = Path(spec.dataset)
        try:
            digest = dataset_digest(path)
            items = select(read_items(path, max_bytes=self._max_bytes), spec)
            found = "" if items else describe(read_items(path, max_bytes=self._max_bytes))
        except DatasetError as error:
            message = f"The data set cannot be used: {error}."
            raise InvalidArgument(message, fields={"dataset": str(error)}) from error
        if found:
            message = f"No item of {path.name} fits the filters. It holds {found}."
            raise InvalidArgument(message, fields={"dataset": message})
        return Prepared(digest=digest, items=tuple(items))

    async def _screen(self, items: tuple[EvaluationItem, ...], release_id: str) -> None:
        release = await self._store.releases.get(release_id)
        problems = await self._store.problems.get_many(release.problem_ids)
        overlaps = await asyncio.to_thread(
            find_overlaps,
            [Text(id=item.id, title=item.title, statement=item.statement) for item in items],
            [Text(id=problem.id, title=problem.title, statement=problem.statement) for problem in problems.values()],
        )
        if overlaps:
            raise _contaminated(overlaps, release_id)
        if lacking := len(release.problem_ids) - len(problems):
            raise FailedPrecondition(
                f"{lacking} problems of release {release_id} are not in the catalogue any more, so that the screening "
                "for shared problems cannot be complete. Evaluate without training_release_id if that is all right.",
                reason="RELEASE_INCOMPLETE",
            )

    def _check_path(self, field: str, text: str, *, folder: bool) -> None:
        path = Path(text)
        kind = "folder" if folder else "file"
        if not path.is_absolute() or "\0" in text:
            raise _wrong(field, f"must be the absolute path of a {kind} on the evaluator's machine")
        resolved = path.resolve()
        if self._roots and not any(resolved.is_relative_to(root) for root in self._roots):
            raise PermissionDenied(f"{text} lies outside the allowed folders (MICROCODER_EVALUATOR__ROOTS).")
        if not (resolved.is_dir() if folder else resolved.is_file()):
            raise _wrong(field, f"is no {kind} on the evaluator's machine: {text}")
        if folder and not (resolved / "config.json").is_file():
            raise _wrong(field, f"holds no config.json, so that it is no checkpoint: {text}")


def _wrong(field: str, problem: str) -> InvalidArgument:
    return InvalidArgument(f"{field} {problem}", fields={field: problem})


def _contaminated(overlaps: list[Overlap], release_id: str) -> FailedPrecondition:
    items = sorted({overlap.item_id for overlap in overlaps})
    shown = "; ".join(
        f"{o.item_id} is {o.problem_id} ({o.rule.value}, {o.share:.0%})" for o in overlaps[:_SHOWN_OVERLAPS]
    )
    more = f"; and {len(overlaps) - _SHOWN_OVERLAPS} more" if len(overlaps) > _SHOWN_OVERLAPS else ""
    return FailedPrecondition(
        f"{len(items)} items share a problem with training release {release_id}: {shown}{more}. A result on them "
        "would not show what the model learnt; leave them out of the data set or cut a release without them.",
        reason="CONTAMINATED",
        metadata={"release_id": release_id, "items": ",".join(items[:_LISTED_OVERLAPS]), "count": str(len(items))},
    )
