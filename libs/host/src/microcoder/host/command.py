"""`microcoder-host`: what a deployment runs beside the services. Exit codes are those of a service's process."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from microcoder.config import ConfigError, load
from microcoder.core.errors import MicrocoderError
from microcoder.host.lifecycle import StartupError, Stopped
from microcoder.host.main import EXIT_CONFIG, EXIT_CRASH, EXIT_STARTUP, version_of
from microcoder.host.preparing import PrepareSettings, prepare
from microcoder.host.smoke import SmokeSettings, check_judge, check_scorer
from microcoder.telemetry import get_logger, setup_logging

_LOG = get_logger(__name__)
S = TypeVar("S", PrepareSettings, SmokeSettings)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command.

    Raises:
        SystemExit: Always. 0 where all is well.
    """
    arguments = _parse(argv)
    if arguments.command == "migrate":
        sys.exit(_run(PrepareSettings, lambda settings: prepare(settings, budget_s=arguments.budget_s)))
    sys.exit(
        _run(SmokeSettings, lambda settings: _smoke(settings, score=arguments.score, timeout_s=arguments.timeout_s))
    )


async def _smoke(settings: SmokeSettings, *, score: bool, timeout_s: float) -> None:
    await check_judge(settings, timeout_s=timeout_s)
    if score:
        await check_scorer(settings, timeout_s=timeout_s)


def _run(settings_type: type[S], work: Callable[[S], Awaitable[None]]) -> int:
    async def run(settings: S) -> None:
        await work(settings)

    try:
        settings = load(settings_type)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    setup_logging(settings.log, service="host", version=version_of("host"))
    try:
        asyncio.run(run(settings))
    except (StartupError, Stopped) as error:
        _LOG.error("cannot start", error=str(error) or "stopped")
        return EXIT_STARTUP
    except MicrocoderError as error:
        _LOG.error("failed", error=error.message, reason=error.reason)
        return EXIT_CRASH
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="microcoder-host", description="Prepares and checks an installation. Settings come from MICROCODER_*."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    migrate = commands.add_parser("migrate", help="bring the store's indexes and the bus's topics up to date")
    migrate.add_argument("--budget-s", type=float, default=120.0, help="how long the store and the bus may take")
    smoke = commands.add_parser("smoke", help="judge a right and a wrong program")
    smoke.add_argument("--score", action="store_true", help="score a problem, too: needs an LLM endpoint")
    smoke.add_argument("--timeout-s", type=float, default=300.0, help="for each answer")
    return parser.parse_args(argv)
