"""Kattis problem packages in a folder, a tar or a zip on this machine."""

import asyncio
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from microcoder.core.errors import InvalidArgument
from microcoder.core.source import RawFormat
from microcoder.scraper.adapters.archive import Unreadable, read_any, stem
from microcoder.scraper.adapters.scratch import scratch_folder
from microcoder.scraper.adapters.spool import ReadLimits, Spool
from microcoder.scraper.domain.canonical import write_canonical
from microcoder.scraper.domain.listing import unreadable
from microcoder.scraper.domain.packages import Findings, FoundPackage, PackageLimits, find_packages
from microcoder.scraper.sources.port import Announcement, ContestListing, FetchedProblem, NotFetched, ProblemRef


class KattisFiles:
    """A source whose one announcement holds every package found, in no contest. Used as a context manager.

    Args:
        path: Folder, tar or zip.
        name: What the problems are filed under; empty for `kattis:<name of the path>`.
        read_limits: What reading may cost.
        package_limits: How large one package may be.
        scratch: Folder for the unpacked archive, None for the system's.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        read_limits: ReadLimits,
        package_limits: PackageLimits,
        scratch: Path | None = None,
    ) -> None:
        self.name = name or default_name(path)
        self._path = path
        self._read_limits = read_limits
        self._package_limits = package_limits
        self._scratch = scratch_folder(scratch)
        self._stop = threading.Event()
        self._found: dict[str, FoundPackage] = {}

    def __enter__(self) -> "KattisFiles":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._scratch.cleanup()

    async def list_contests(self, *, validator: str = "") -> Announcement:
        """Reads the whole archive, contents into the scratch folder.

        Raises:
            InvalidArgument: Nothing of it can be read.
        """
        del validator  # a file has none; its problems are compared one by one
        try:
            findings, remark = await asyncio.to_thread(self._read)
        except Unreadable as error:
            raise InvalidArgument(str(error), fields={"path": str(error)}, reason=unreadable("").reason) from error
        self._found = {package.external_id: package for package in findings.packages}
        problems = tuple(ProblemRef(external_id=p.external_id, url=self._url(p)) for p in findings.packages)
        listing = ContestListing(external_id="", title=stem(self._path), url=self._path.as_uri(), problems=problems)
        return Announcement(contests=(listing,), skipped=findings.skipped, remark=remark)

    async def fetch_problem(self, problem: ProblemRef) -> FetchedProblem:
        """The package as one canonical tar."""
        package = self._found[problem.external_id]
        try:
            data = await asyncio.to_thread(self._canonical, package)
        except OSError as error:
            message = f"a file of the package cannot be read: {error.strerror or error}"
            raise NotFetched(unreadable(message)) from error
        return FetchedProblem(format=RawFormat.KATTIS_PACKAGE, data=data)

    def _read(self) -> tuple[Findings, str]:
        spool = Spool(Path(self._scratch.name), self._read_limits, stop=self._stop)
        listing = read_any(self._path, spool)
        findings = find_packages(listing, root_name=stem(self._path), limits=self._package_limits)
        return findings, listing.cut.fault.message if listing.cut else ""

    def _canonical(self, package: FoundPackage) -> bytes:
        with tempfile.TemporaryFile(dir=self._scratch.name) as out:
            write_canonical(package.files, out)
            out.seek(0)
            return out.read()

    def _url(self, package: FoundPackage) -> str:
        uri = self._path.as_uri()
        return f"{uri}#{package.root}" if package.root else uri


def default_name(path: Path) -> str:
    """`kattis:<name of the folder or archive without suffixes>`."""
    return f"kattis:{stem(path)}"
