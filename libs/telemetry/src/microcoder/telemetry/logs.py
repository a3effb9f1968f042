"""Logs: JSON lines for machines, colours for a person at a terminal. Everything that logs goes through here."""

import json
import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from microcoder.config import Group
from microcoder.telemetry.scrubbing import scrub

Level = Literal["debug", "info", "warning", "error"]

_FIRST = ("ts", "level", "event", "service", "version", "logger")
"""Keys that a JSON line starts with."""
_TALKATIVE = ("grpc", "asyncio", "pymongo", "kafka", "httpx", "httpcore", "urllib3")
"""Libraries whose own progress is of no interest below WARNING."""


class LogSettings(Group):
    """What is logged, and how. Logs go to standard error; standard output belongs to results."""

    level: Level = "info"
    """Least severe level that is written."""
    format: Literal["auto", "json", "console"] = "auto"
    """`auto`: for a person where standard error is a terminal, else JSON lines."""


def setup_logging(settings: LogSettings, *, service: str, version: str, stream: TextIO | None = None) -> None:
    """Sends structlog's and the standard library's records to `stream`, by default standard error.

    Keys of a line: `ts` (UTC, ISO 8601), `level`, `event`, `service`, `version`, `logger`, what was bound to the
    context (`request_id`, `problem_id`, `topic`, …) and what was given with the event.
    """
    out = stream or sys.stderr
    human = settings.format == "console" or (settings.format == "auto" and out.isatty())
    shared = _shared(service, version)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared], processors=[*_rendering(human, out)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes facts as keywords: `log.info("normalized", problem_id=problem.id)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _shared(service: str, version: str) -> list[Processor]:
    def identify(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        event.setdefault("version", version)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        identify,
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(human: bool, out: TextIO) -> list[Processor]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if human:
        console = structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="ts", pad_event_to=0)
        return [remove, structlog.processors.format_exc_info, scrub, console]
    return [remove, structlog.processors.format_exc_info, scrub, _in_order, _as_json]


def _in_order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first = {key: event.pop(key) for key in _FIRST if key in event}
    return {**first, **event}


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)
