"""Repositories and blobs on MongoDB."""

from microcoder.store.port import BlobStore, OutboxRecord, Page, Repository, TimelineLog, Where
from microcoder.store.settings import StoreSettings
from microcoder.store.store import Store

__all__ = [
    "BlobStore",
    "OutboxRecord",
    "Page",
    "Repository",
    "Store",
    "StoreSettings",
    "TimelineLog",
    "Where",
]
