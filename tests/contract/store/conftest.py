"""Every test here runs once with each driver."""

from collections.abc import Iterator

import pytest

from microcoder.store import StoreSettings
from microcoder.testing.store import drop_database, fresh_settings


@pytest.fixture(params=["motor", "pymongo"])
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def store_settings(driver: str, store_settings: StoreSettings) -> StoreSettings:
    return store_settings.model_copy(update={"driver": driver})


@pytest.fixture
def unmade(driver: str, mongodb_uri: str) -> Iterator[StoreSettings]:
    """Settings of a database that nobody has migrated."""
    settings = fresh_settings(mongodb_uri).model_copy(update={"driver": driver})
    yield settings
    drop_database(settings)
