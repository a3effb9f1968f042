"""A contest feed out of a folder of problem packages (docs/sources.md has the format). Pure but for reading them."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_EPOCH = (2020, 1, 1, 0, 0, 0)
"""Of every member: the same package gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A contest of the feed."""

    id: str
    end_time: datetime
    """Its problems are collected after it."""
    packages: Sequence[Path]


def feed_files(rounds: Sequence[Round]) -> dict[str, bytes]:
    """`feed.json` and one zip per package, as a contest host would serve them."""
    files = {f"{package.name}.zip": zipped(package) for round_ in rounds for package in round_.packages}
    contests: list[Mapping[str, object]] = [
        {
            "id": round_.id,
            "title": round_.id.replace("-", " ").capitalize(),
            "end_time": round_.end_time.isoformat(),
            "problems": [{"id": package.name, "url": f"{package.name}.zip"} for package in round_.packages],
        }
        for round_ in rounds
    ]
    return {**files, "feed.json": json.dumps({"contests": contests}).encode()}


def packages_in(folder: Path) -> list[Path]:
    """The problem packages directly below `folder`, by name."""
    return sorted(path.parent for path in folder.glob("*/problem.yaml"))


def zipped(package: Path) -> bytes:
    """A package as a zip whose root it is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in package.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(str(path.relative_to(package)), date_time=_EPOCH)
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()
