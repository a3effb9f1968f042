"""An empty store for each test.

Making the collections and their indexes takes longer than most tests, so a test process makes them once, in a database
of its own, and empties them after each test. Tests of one process run one after the other, so none sees another's data.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.collection import Collection

from microcoder.store import Store, StoreSettings
from microcoder.store.migrations import RECORDS


@pytest.fixture(scope="session")
def migrated_store_settings(mongodb_uri: str) -> Iterator[StoreSettings]:
    """A migrated database of this test process. Tests take `store_settings` or `store`."""
    settings = fresh_settings(mongodb_uri)
    asyncio.run(_migrate(settings))
    yield settings
    drop_database(settings)


@pytest.fixture
def store_settings(migrated_store_settings: StoreSettings) -> Iterator[StoreSettings]:
    """Settings that name the database of `store`, for services that open it themselves."""
    yield migrated_store_settings
    _empty(migrated_store_settings)


@pytest_asyncio.fixture
async def store(store_settings: StoreSettings) -> AsyncIterator[Store]:
    """An empty, migrated store."""
    opened = await Store.open(store_settings)
    yield opened
    await opened.close()


def fresh_settings(uri: str) -> StoreSettings:
    """Settings that name a database which does not exist yet; drop it when done."""
    return StoreSettings(uri=SecretStr(uri), database=f"test_{secrets.token_hex(6)}")


def drop_database(settings: StoreSettings) -> None:
    """Removes the database that `settings` name."""
    with _client(settings) as client:
        client.drop_database(settings.database)


@contextmanager
def collection_of(settings: StoreSettings, name: str) -> Iterator[Collection[dict[str, Any]]]:
    """The bare collection, to look behind the store or to damage what it keeps."""
    with _client(settings) as client:
        yield client[settings.database][name]


def _empty(settings: StoreSettings) -> None:
    with _client(settings) as client:
        database = client[settings.database]
        for name in database.list_collection_names():
            if name != RECORDS:
                database[name].delete_many({})


def _client(settings: StoreSettings) -> MongoClient[dict[str, Any]]:
    return MongoClient(settings.uri.get_secret_value())


async def _migrate(settings: StoreSettings) -> None:
    store = await Store.open(settings)
    try:
        await store.migrate()
    finally:
        await store.close()
