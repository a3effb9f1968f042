"""Wiring of the scraper."""

import asyncio
from pathlib import Path

from microcoder.host import Parts, Runtime
from microcoder.rpc import Registration
from microcoder.scraper.adapters.fetcher import Fetcher
from microcoder.scraper.adapters.scratch import remove_stale
from microcoder.scraper.collector import Collector
from microcoder.scraper.importer import Importer
from microcoder.scraper.poller import Poller
from microcoder.scraper.servicer import Servicer, checked_feed_url
from microcoder.scraper.settings import AppSettings
from microcoder.scraper.sources.feed import HttpFeed, package_limits, read_limits
from microcoder.scraper.sources.kattis import KattisFiles
from microcoder.v1.scraper_service_pb2_grpc import add_ScraperServicer_to_server


async def build(runtime: Runtime[AppSettings]) -> Parts:
    """The parts of the scraper."""
    settings = runtime.settings.scraper
    await asyncio.to_thread(remove_stale, settings.scratch_dir)
    fetcher = Fetcher(settings.http)
    collector = Collector(runtime)

    def open_files(path: Path, name: str) -> KattisFiles:
        return KattisFiles(
            path,
            name=name,
            read_limits=read_limits(settings),
            package_limits=package_limits(settings),
            scratch=settings.scratch_dir,
        )

    importer = Importer(runtime, collector, open_files)
    poller = Poller(
        runtime, collector, lambda url: HttpFeed(url, fetcher, settings), interval_s=settings.poll_interval_s
    )

    async def poll() -> None:
        await asyncio.gather(*(poller.add(checked_feed_url(url)) for url in settings.feeds))
        await poller.run()

    servicer = Servicer(runtime.store, importer, poller, import_roots=settings.import_roots)
    return Parts(
        servicers=[
            Registration(full_name="microcoder.v1.Scraper", add=add_ScraperServicer_to_server, servicer=servicer)
        ],
        tasks=[importer.run, poll],
        outboxes=[runtime.store.raw_problems],
        close=[fetcher.close],
    )
