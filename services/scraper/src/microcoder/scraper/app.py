"""Wiring of the scraper."""

import asyncio
import secrets
import socket
from pathlib import Path

from microcoder.cluster import connect
from microcoder.host import Parts, Runtime
from microcoder.rpc import Registration
from microcoder.scraper.adapters.fetcher import Fetcher
from microcoder.scraper.adapters.leases import ClusterLease, StoredLease
from microcoder.scraper.adapters.scratch import remove_stale
from microcoder.scraper.collector import Collector
from microcoder.scraper.importer import Importer
from microcoder.scraper.leadership import Alone, Elected, ElectionTimes, Leadership, LeaseStore
from microcoder.scraper.poller import Poller
from microcoder.scraper.servicer import Servicer, checked_feed_url
from microcoder.scraper.settings import AppSettings, LeadershipKind
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

    leadership = lead_by(runtime)

    async def lead_imports() -> None:
        await leadership.lead(importer.run)

    async def lead_polling() -> None:
        await leadership.lead(poll)

    servicer = Servicer(runtime.store, importer, poller, import_roots=settings.import_roots)
    return Parts(
        servicers=[
            Registration(full_name="microcoder.v1.Scraper", add=add_ScraperServicer_to_server, servicer=servicer)
        ],
        # In this order: they are cancelled from the last to the first, and the lead is given up only after the work.
        tasks=[leadership.run, lead_imports, lead_polling],
        outboxes=[runtime.store.raw_problems],
        close=[fetcher.close],
    )


def lead_by(runtime: Runtime[AppSettings]) -> Leadership:
    """How this replica finds out whether it collects.

    Raises:
        FailedPrecondition: The lease is one of a cluster, and none is known here.
    """
    settings = runtime.settings.scraper
    leader = settings.leader
    leases: LeaseStore
    if settings.leadership is LeadershipKind.NONE:
        return Alone()
    if settings.leadership is LeadershipKind.MONGODB:
        leases = StoredLease(runtime.store.leases, leader.name)
    else:
        leases = ClusterLease(connect(leader.kubernetes), leader.name)
    own = f"{socket.gethostname()}_{secrets.token_hex(8)}"
    times = ElectionTimes(lease_s=leader.lease_s, renew_deadline_s=leader.renew_deadline_s, retry_s=leader.retry_s)
    return Elected(leader.name, own, leases, times, clock=runtime.clock)
