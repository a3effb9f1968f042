"""Problem packages as files, from folders, archives and JSON lines: the scraper's own reader and finder."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from microcoder.core.ingest import SkippedItem
from microcoder.normalizer.domain.package import Package
from microcoder.scraper.adapters.archive import read_any, stem
from microcoder.scraper.adapters.spool import ReadLimits, Spool
from microcoder.scraper.domain.packages import FoundPackage, PackageLimits, find_packages
from microcoder.scraper.settings import ScraperSettings

_STATEMENT_FOLDERS = ("problem_statement/", "statement/")
_STATEMENT = {"problem_statement/problem.en.md": b"Only the judging of this problem matters here.\n"}


@dataclass(frozen=True, slots=True)
class Files:
    """Fills `Package`. Statements are left out: many packages have only a PDF, and nothing here reads them."""

    contents: Mapping[str, Path | bytes]

    @property
    def paths(self) -> Sequence[str]:
        return sorted([*(path for path in self.contents if not path.startswith(_STATEMENT_FOLDERS)), *_STATEMENT])

    def size(self, path: str) -> int:
        content = _STATEMENT.get(path) or self.contents[path]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def read(self, path: str) -> bytes:
        content = _STATEMENT.get(path) or self.contents[path]
        return content if isinstance(content, bytes) else content.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The packages of one place."""

    packages: Mapping[str, Package]
    """By short name."""
    skipped: tuple[SkippedItem, ...] = ()
    """What the scraper would not take, with its reason."""


@contextmanager
def open_collection(path: Path) -> Iterator[Collection]:
    """Reads a folder, a tar, a zip or JSON lines.

    Raises:
        Unreadable: It is none of these.
    """
    if path.name.endswith(".jsonl.gz"):
        yield Collection(packages=dict(_json_packages(path)))
        return
    settings = ScraperSettings()
    limits = ReadLimits(
        max_bytes=settings.max_archive_bytes,
        max_file_bytes=settings.max_package_bytes,
        max_members=settings.max_archive_members,
    )
    package_limits = PackageLimits(max_bytes=settings.max_package_bytes, max_files=settings.max_package_files)
    with TemporaryDirectory() as scratch:
        listing = read_any(path, Spool(Path(scratch), limits))
        found = find_packages(listing, root_name=stem(path), limits=package_limits)
        yield Collection(
            packages={package.external_id: _files(package) for package in found.packages}, skipped=found.skipped
        )


def _files(package: FoundPackage) -> Files:
    return Files({path: entry.content for path, entry in package.files if entry.content is not None})


def _json_packages(path: Path) -> Iterator[tuple[str, Files]]:
    """Packages of the schema that docs/judge-conformance.md gives."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            item: dict[str, Any] = json.loads(line)
            files: dict[str, str] = {"problem.yaml": item["problem_yaml"]}
            for test in item["tests"]:
                files |= {f"data/{test['name']}.in": test["input"], f"data/{test['name']}.ans": test["output"]}
            for solution in item["solutions"]:
                files[f"submissions/{solution['verdict']}/{solution['file']}"] = solution["code"]
            for folder in ("output_validators", "testdata_yaml"):
                files |= item.get(folder) or {}
            yield item["path"], Files({name: text.encode() for name, text in files.items()})
