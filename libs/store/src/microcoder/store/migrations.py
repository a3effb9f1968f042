"""Numbered changes to the database, run by `Store.migrate` and recorded in the collection `migrations`.

Rules for a new one: append it, never change one that was released; it must be idempotent and able to run beside itself,
because services that start together run it together, and a crash runs it again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from microcoder.core.clock import utc_now
from microcoder.store.driver import Driver
from microcoder.store.errors import translated
from microcoder.store.schema import all_indexes

RECORDS = "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """One change."""

    number: int
    name: str
    apply: Callable[[Driver], Awaitable[None]]


async def _create_indexes(driver: Driver) -> None:
    await asyncio.gather(
        *(driver.collection(collection).create_indexes(indexes) for collection, indexes in all_indexes().items())
    )


MIGRATIONS = (Migration(1, "indexes", _create_indexes),)


async def migrate(driver: Driver) -> list[Migration]:
    """Makes the changes that were not made yet, in order, and gives those.

    Raises:
        AlreadyExists: The data there breaks a unique index; the message names the field.
        FailedPrecondition: An index of the same name has other options.
        Unavailable: The database does not answer; run it again.
    """
    records = driver.collection(RECORDS)
    with translated("Reading the migrations that were made"):
        done = {document["_id"] for document in await records.find({}).to_list(None)}
    pending = [migration for migration in MIGRATIONS if migration.number not in done]
    for migration in pending:
        with translated(f"Migration {migration.number} ({migration.name})"):
            await migration.apply(driver)
            record = {"name": migration.name, "applied_time": utc_now()}
            await records.update_one({"_id": migration.number}, {"$setOnInsert": record}, upsert=True)
    return pending
