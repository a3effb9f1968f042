"""The gRPC service `Scraper`."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc.aio

from microcoder.core.errors import InvalidArgument, NotFound, PermissionDenied
from microcoder.rpc import page_size, watch
from microcoder.scraper.importer import Importer
from microcoder.scraper.poller import Poller
from microcoder.scraper.sources.kattis import default_name
from microcoder.store import Store
from microcoder.v1 import scraper_service_pb2 as pb
from microcoder.v1 import source_pb2
from microcoder.v1.scraper_service_pb2_grpc import ScraperServicer
from microcoder.wire import to_proto

_MAX_SOURCE = 100
_MAX_URL = 2_000

Context = grpc.aio.ServicerContext[Any, Any]


class Servicer(ScraperServicer):
    """Imports, feeds and contests."""

    def __init__(self, store: Store, importer: Importer, poller: Poller, *, import_roots: Sequence[Path]) -> None:
        self._store = store
        self._importer = importer
        self._poller = poller
        self._roots = tuple(root.resolve() for root in import_roots)

    async def CreateImport(self, request: pb.CreateImportRequest, context: Context) -> pb.CreateImportResponse:
        path = self._checked_path(request.path)
        source = request.source.strip() or default_name(path)
        if len(source) > _MAX_SOURCE or not source.isprintable():
            message = f"source must be printable and at most {_MAX_SOURCE} characters long"
            raise InvalidArgument(message, fields={"source": message})
        run = await self._importer.create(path, source)
        return pb.CreateImportResponse(import_run=to_proto(run, source_pb2.ImportRun))

    async def GetImport(self, request: pb.GetImportRequest, context: Context) -> pb.GetImportResponse:
        run = await self._store.imports.get(request.import_id)
        return pb.GetImportResponse(import_run=to_proto(run, source_pb2.ImportRun))

    async def WatchImport(
        self, request: pb.WatchImportRequest, context: Context
    ) -> AsyncIterator[pb.WatchImportResponse]:
        runs = watch(lambda: self._store.imports.get(request.import_id), ended=lambda run: run.state.ended)
        async for run in runs:
            yield pb.WatchImportResponse(import_run=to_proto(run, source_pb2.ImportRun))

    async def ListImports(self, request: pb.ListImportsRequest, context: Context) -> pb.ListImportsResponse:
        page = await self._store.imports.page(
            page_size=page_size(request.page_size), page_token=request.page_token, newest_first=True
        )
        runs = [to_proto(run, source_pb2.ImportRun) for run in page.items]
        return pb.ListImportsResponse(import_runs=runs, next_page_token=page.next_token)

    async def AddFeed(self, request: pb.AddFeedRequest, context: Context) -> pb.AddFeedResponse:
        feed = await self._poller.add(checked_feed_url(request.url))
        return pb.AddFeedResponse(feed=to_proto(feed, source_pb2.Feed))

    async def ListFeeds(self, request: pb.ListFeedsRequest, context: Context) -> pb.ListFeedsResponse:
        page = await self._store.feeds.page(page_size=page_size(request.page_size), page_token=request.page_token)
        feeds = [to_proto(feed, source_pb2.Feed) for feed in page.items]
        return pb.ListFeedsResponse(feeds=feeds, next_page_token=page.next_token)

    async def ListContests(self, request: pb.ListContestsRequest, context: Context) -> pb.ListContestsResponse:
        page = await self._store.contests.page(page_size=page_size(request.page_size), page_token=request.page_token)
        contests = [to_proto(contest, source_pb2.Contest) for contest in page.items]
        return pb.ListContestsResponse(contests=contests, next_page_token=page.next_token)

    def _checked_path(self, text: str) -> Path:
        path = Path(text)
        if not path.is_absolute() or "\0" in text:
            message = "path must be the absolute path of a folder, tar or zip on the scraper's machine"
            raise InvalidArgument(message, fields={"path": message})
        resolved = path.resolve()
        if self._roots and not any(resolved.is_relative_to(root) for root in self._roots):
            raise PermissionDenied(
                f"{text} lies outside the folders that imports may read from (MICROCODER_SCRAPER__IMPORT_ROOTS)"
            )
        if not resolved.exists():
            raise NotFound(f"there is nothing at {text} on the scraper's machine")
        return resolved


def checked_feed_url(text: str) -> str:
    """`text` if it can be the address of a feed.

    Raises:
        InvalidArgument: It is none, or holds a user name or password.
    """
    message = ""
    try:
        parts = urlsplit(text.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or len(text) > _MAX_URL:
            message = "url must be an http or https address"
        elif parts.username or parts.password:
            message = "url must not hold a user name or password: it is stored and shown"
    except ValueError as error:
        message = f"url is no address: {error}"
    if message:
        raise InvalidArgument(message, fields={"url": message})
    return text.strip()
