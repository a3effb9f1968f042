from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied
from microcoder.rpc import Registration
from microcoder.scraper.servicer import Servicer
from microcoder.testing.grpc import Serve
from microcoder.testing.packages import kattis_package, write_folder
from microcoder.v1 import scraper_service_pb2 as pb
from microcoder.v1.run_pb2 import RUN_STATE_PENDING
from microcoder.v1.scraper_service_pb2_grpc import ScraperStub, add_ScraperServicer_to_server

from .conftest import MakeScraper

if TYPE_CHECKING:
    from microcoder.v1.scraper_service_pb2_grpc import ScraperAsyncStub

T = 10.0


@pytest.fixture
async def stub(make_scraper: MakeScraper, serve: Serve, tmp_path: Path) -> ScraperAsyncStub:
    scraper = make_scraper()
    servicer = Servicer(scraper.runtime.store, scraper.importer, scraper.poller, import_roots=[tmp_path])
    channel: grpc.aio.Channel = await serve(
        [Registration(full_name="microcoder.v1.Scraper", add=add_ScraperServicer_to_server, servicer=servicer)]
    )
    return ScraperStub(channel)


async def test_an_import_is_made_found_and_listed(stub: ScraperAsyncStub, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "spring.2026", kattis_package())
    made = (await stub.CreateImport(pb.CreateImportRequest(path=str(folder)), timeout=T)).import_run
    assert (made.source, made.state) == ("kattis:spring.2026", RUN_STATE_PENDING)
    assert (await stub.GetImport(pb.GetImportRequest(import_id=made.id), timeout=T)).import_run == made
    assert list((await stub.ListImports(pb.ListImportsRequest(), timeout=T)).import_runs) == [made]


@pytest.mark.parametrize(
    ("path", "source", "error"),
    [
        ("relative", "", InvalidArgument),
        ("", "", InvalidArgument),
        ("{tmp}/nothing", "", NotFound),
        ("/etc", "", PermissionDenied),
        ("{tmp}/../..", "", PermissionDenied),
        ("{tmp}", "x" * 200, InvalidArgument),
        ("{tmp}", "a\nb", InvalidArgument),
    ],
)
async def test_bad_imports(
    stub: ScraperAsyncStub, tmp_path: Path, path: str, source: str, error: type[Exception]
) -> None:
    request = pb.CreateImportRequest(path=path.replace("{tmp}", str(tmp_path)), source=source)
    with pytest.raises(error):
        await stub.CreateImport(request, timeout=T)


async def test_feeds(stub: ScraperAsyncStub) -> None:
    request = pb.AddFeedRequest(url="https://contest.example/feed.json")
    feed = (await stub.AddFeed(request, timeout=T)).feed
    assert (await stub.AddFeed(request, timeout=T)).feed == feed
    assert list((await stub.ListFeeds(pb.ListFeedsRequest(), timeout=T)).feeds) == [feed]
    assert not (await stub.ListContests(pb.ListContestsRequest(), timeout=T)).contests
    for url in ("ftp://x.example/", "file:///etc/passwd", "nothing", "http://me:secret@x.example/"):
        with pytest.raises(InvalidArgument):
            await stub.AddFeed(pb.AddFeedRequest(url=url), timeout=T)
