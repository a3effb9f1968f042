"""The entry point of every service's process."""

import argparse
import asyncio
import faulthandler
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from typing import TypeVar

from microcoder.config import ConfigError, load, print_config
from microcoder.core.errors import MicrocoderError
from microcoder.host.lifecycle import Crashed, StartupError, Stop
from microcoder.host.ports import default_ports
from microcoder.host.process import ServiceProcess
from microcoder.host.runtime import Parts, Runtime
from microcoder.host.settings import ServiceSettings
from microcoder.telemetry import get_logger, setup_logging

EXIT_CRASH = 1
"""Something broke while running: a supervisor should start the process again."""
EXIT_CONFIG = 2
"""The settings cannot be used."""
EXIT_STARTUP = 3
"""Something that is needed was not there in time."""

S = TypeVar("S", bound=ServiceSettings)

_LOG = get_logger(__name__)


def main(
    name: str,
    settings_type: type[S],
    build: Callable[[Runtime[S]], Awaitable[Parts]],
    *,
    argv: Sequence[str] | None = None,
) -> None:
    """Runs the service until SIGTERM or SIGINT, then drains and ends the process.

    Args:
        name: Of the service; the package is `microcoder-<name>`.
        settings_type: The service's settings.
        build: Makes its parts; called once, when the store and the bus are open.
        argv: Arguments, by default those of the process.

    Raises:
        SystemExit: Always. 0 after a drain, else `EXIT_CRASH`, `EXIT_CONFIG` or `EXIT_STARTUP`.
    """
    version = version_of(name)
    arguments = _parse(name, version, argv)
    try:
        settings = _with_ports(name, load(settings_type))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_CONFIG)
    if arguments.print_config:
        sys.stdout.write(print_config(settings, format=arguments.print_config))
        sys.exit(0)
    setup_logging(settings.log, service=name, version=version)
    sys.exit(asyncio.run(_run(name, version, settings, build)))


async def _run(name: str, version: str, settings: S, build: Callable[[Runtime[S]], Awaitable[Parts]]) -> int:
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # shows where a process is stuck
    stop = Stop()
    stop.listen()
    try:
        await ServiceProcess(name, version, settings, build, stop=stop).run()
    except Crashed:
        return EXIT_CRASH  # logged where it happened
    except StartupError as error:
        _LOG.error("cannot start", error=str(error))
        return EXIT_STARTUP
    except MicrocoderError as error:
        _LOG.error("cannot start", error=error.message, reason=error.reason)
        return EXIT_STARTUP
    except Exception:  # noqa: BLE001  the last boundary: told in the log, answered with the exit code
        _LOG.exception("crashed")
        return EXIT_CRASH
    return 0


def _with_ports(name: str, settings: S) -> S:
    """The settings with the service's default ports where none are set."""
    ports = default_ports(name)
    changed = {
        group: getattr(settings, group).model_copy(update={"port": port})
        for group, port in (("rpc", ports.rpc), ("admin", ports.admin))
        if getattr(settings, group).port is None
    }
    return settings.model_copy(update=changed)


def _parse(name: str, version: str, argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"microcoder-{name}",
        description=f"The {name} service of microcoder. Settings come from MICROCODER_* variables and the file that "
        "MICROCODER_CONFIG names.",
    )
    parser.add_argument("--version", action="version", version=f"microcoder-{name} {version}")
    parser.add_argument(
        "--print-config",
        nargs="?",
        choices=("toml", "json"),
        const="toml",
        help="print the effective settings without secrets and end",
    )
    return parser.parse_args(argv)


def version_of(name: str) -> str:
    """Of the installed package `microcoder-<name>`."""
    try:
        return metadata.version(f"microcoder-{name}")
    except metadata.PackageNotFoundError:
        return "0.0.0"
