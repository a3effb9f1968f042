"""Cuts releases: select, write the files, record, tell."""

import asyncio
from typing import Any

from microcoder.core.difficulty import Calibration
from microcoder.core.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from microcoder.core.ids import digest_of
from microcoder.core.release import Release, ReleaseFile, ReleasePolicy
from microcoder.core.run import RunState
from microcoder.core.solving import MAX_WORKED_EXAMPLES
from microcoder.core.timeline import Stage
from microcoder.host import Runtime
from microcoder.scorer.adapters.parquet import WRITER, parquet_bytes
from microcoder.scorer.catalogue import Catalogue
from microcoder.scorer.domain.card import CARD_PATH, DATA_PATH, card_bytes
from microcoder.scorer.domain.manifest import MANIFEST_PATH, manifest_bytes, release_id
from microcoder.scorer.domain.rows import row_of
from microcoder.scorer.domain.selection import Criteria, Selection, select
from microcoder.v1 import events_pb2

_MAX_NAME = 60


class Releases:
    """Makes immutable releases out of the catalogue."""

    def __init__(self, runtime: Runtime[Any], catalogue: Catalogue) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._catalogue = catalogue

    async def cut(self, policy: ReleasePolicy) -> tuple[Release, bool]:
        """The release for `policy` over the problems as they are now, and whether it is new.

        Raises:
            InvalidArgument: The policy contradicts itself or a field is out of its range.
            NotFound: There is no such calibration.
            FailedPrecondition: The calibration has no result, or no problem is left.
        """
        _check(policy)
        calibration = await self._calibration(policy)
        criteria = Criteria(policy=policy, prompt_digest=self._catalogue.prompt_digest, calibration=calibration)
        selection = select(await self._catalogue.candidates(), criteria)
        if not selection.selected:
            raise FailedPrecondition(_nothing_left(selection), reason="EMPTY_RELEASE")
        contents = await asyncio.to_thread(_contents, selection, criteria)
        release = await self._keep(selection, policy, contents)
        created = await self._record(release)
        # Also for one that was there: a crash may have come between its record and its traces.
        for item in selection.selected:
            await self._runtime.note(
                item.problem.id,
                item.problem.revision,
                Stage.RELEASED,
                f"In release {release.id} as {item.level}.",
                details={"release_id": release.id, "level": item.level.value},
                subject=release.id,
            )
        return (release if created else await self._store.releases.get(release.id)), created

    async def _calibration(self, policy: ReleasePolicy) -> Calibration | None:
        if not policy.calibration_id:
            return None
        calibration = await self._store.calibrations.get(policy.calibration_id)
        return usable(calibration)

    async def _keep(self, selection: Selection, policy: ReleasePolicy, contents: dict[str, bytes]) -> Release:
        """Puts the files into the blob store and describes them."""
        for content in contents.values():
            await self._store.blobs.put(content)
        manifest = contents[MANIFEST_PATH]
        return Release(
            id=release_id(policy, manifest),
            policy=policy,
            manifest_digest=digest_of(manifest),
            files=tuple(_describe(path, content, selection) for path, content in contents.items()),
            problem_ids=tuple(item.problem.id for item in selection.selected),
            level_counts=selection.level_counts,
            excluded_counts=selection.excluded,
            created_time=self._runtime.clock(),
        )

    async def _record(self, release: Release) -> bool:
        event = events_pb2.DatasetReleased(
            release_id=release.id, manifest_digest=release.manifest_digest, problems=len(release.problem_ids)
        )
        try:
            await self._store.releases.insert(release, outbox=[self._runtime.outbox(event)])
        except AlreadyExists:
            return False
        return True


def usable(calibration: Calibration) -> Calibration:
    """`calibration` itself.

    Raises:
        FailedPrecondition: It has no result.
    """
    if calibration.state is not RunState.SUCCEEDED:
        raise FailedPrecondition(
            f"Calibration {calibration.id} is {calibration.state} and has no result. Name one that has succeeded."
        )
    return calibration


def file_of(release: Release, path: str) -> ReleaseFile:
    """The file at `path`.

    Raises:
        NotFound: The release has no such file.
    """
    for file in release.files:
        if file.path == path:
            return file
    raise NotFound(
        f"Release {release.id} has no file {path!r}; it has {', '.join(file.path for file in release.files)}."
    )


def _contents(selection: Selection, criteria: Criteria) -> dict[str, bytes]:
    """Every file by its path, the manifest last, since it lists the others."""
    policy, calibration = criteria.policy, criteria.calibration
    rows = [row_of(item, worked_examples=policy.worked_examples) for item in selection.selected]
    contents = {
        CARD_PATH: card_bytes(selection, policy, calibration=calibration),
        DATA_PATH: parquet_bytes(rows),
    }
    files = [_describe(path, content, selection) for path, content in contents.items()]
    manifest = manifest_bytes(selection, policy, files, writer=WRITER, calibration=calibration)
    return {**contents, MANIFEST_PATH: manifest}


def _describe(path: str, content: bytes, selection: Selection) -> ReleaseFile:
    rows = len(selection.selected) if path == DATA_PATH else 0
    return ReleaseFile(path=path, digest=digest_of(content), size_bytes=len(content), rows=rows)


def _check(policy: ReleasePolicy) -> None:
    wrong = {}
    if not policy.name.strip() or len(policy.name) > _MAX_NAME or not policy.name.isprintable():
        wrong["policy.name"] = f"must have 1 to {_MAX_NAME} printable characters"
    if not 0 <= policy.worked_examples <= MAX_WORKED_EXAMPLES:
        wrong["policy.worked_examples"] = f"must be from 0 to {MAX_WORKED_EXAMPLES}"
    if policy.published_from and policy.published_to and policy.published_from > policy.published_to:
        wrong["policy.published_to"] = "lies before published_from"
    if wrong:
        raise InvalidArgument("; ".join(f"{name} {what}" for name, what in wrong.items()), fields=wrong)


def _nothing_left(selection: Selection) -> str:
    if not selection.excluded:
        return "There are no problems yet. Import some and wait until they are scored."
    rules = ", ".join(f"{rule}: {count}" for rule, count in selection.excluded.items())
    return f"No problem is left for this release. Left out by rule: {rules}."
