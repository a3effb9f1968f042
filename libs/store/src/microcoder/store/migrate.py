"""`python -m microcoder.store.migrate`: brings the database up to this version, then exits."""

import asyncio
import sys

from microcoder.config import Settings, load
from microcoder.core.errors import MicrocoderError
from microcoder.store.settings import StoreSettings
from microcoder.store.store import Store


class MigrateSettings(Settings):
    """Settings of this command: MICROCODER_STORE__URI and the rest of the group."""

    store: StoreSettings = StoreSettings()


async def run(settings: StoreSettings) -> list[str]:
    """Migrates and gives the names of what was done."""
    store = await Store.open(settings)
    try:
        return await store.migrate()
    finally:
        await store.close()


def main() -> int:
    """Exit code 0 where the database is up to date now, else 1 with the reason on standard error."""
    try:
        done = asyncio.run(run(load(MigrateSettings).store))
    except MicrocoderError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"Migrated: {', '.join(done)}\n" if done else "Up to date; nothing to do.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
