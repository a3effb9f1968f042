"""A store of its own for each test."""

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr
from pymongo import MongoClient

from microcoder.store import Store, StoreSettings


@pytest.fixture
def store_settings(mongodb_uri: str) -> StoreSettings:
    """Settings that name a database nobody else uses."""
    return StoreSettings(uri=SecretStr(mongodb_uri), database=f"test_{secrets.token_hex(6)}")


@pytest_asyncio.fixture
async def store(store_settings: StoreSettings) -> AsyncIterator[Store]:
    """An empty, migrated store; its database is dropped afterwards."""
    opened = await Store.open(store_settings)
    try:
        await opened.migrate()
        yield opened
    finally:
        await opened.close()
        drop_database(store_settings)


def drop_database(settings: StoreSettings) -> None:
    """Removes the database that `settings` name."""
    with MongoClient[dict[str, object]](settings.uri.get_secret_value()) as client:
        client.drop_database(settings.database)
