"""Every record is one safe JSON line, whichever library wrote it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from microcoder.telemetry import LogSettings, get_logger, setup_logging


class Terminal(io.StringIO):
    """A person sits here."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def start(stream: io.StringIO, settings: LogSettings | None = None) -> None:
    setup_logging(settings or LogSettings(), service="judge", version="1.2", stream=stream)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_has_the_agreed_keys_first(out: io.StringIO) -> None:
    start(out)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        get_logger("a.b").info("judged", problem_id="p", verdict="AC")
    [line] = lines(out)
    assert list(line)[:6] == ["ts", "level", "event", "service", "version", "logger"]
    assert line["ts"].endswith("Z")
    del line["ts"]
    assert line == {
        "level": "info",
        "event": "judged",
        "service": "judge",
        "version": "1.2",
        "logger": "a.b",
        "request_id": "r1",
        "problem_id": "p",
        "verdict": "AC",
    }


def test_the_standard_library_logs_the_same_way(out: io.StringIO) -> None:
    start(out)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        logging.getLogger("pymongo.pool").warning("lost %s", "mongodb://me:pw@h", extra={"api_key": "k", "shard": 3})
    [line] = lines(out)
    assert line["event"] == "lost mongodb://**********@h"
    assert (line["api_key"], line["shard"], line["request_id"]) == ("**********", 3, "r1")


def test_libraries_do_not_chatter_and_levels_hold(out: io.StringIO) -> None:
    start(out, LogSettings(level="info"))
    logging.getLogger("kafka.conn").info("connecting")
    get_logger("mine").debug("detail")
    assert out.getvalue() == ""


def test_secrets_are_not_written(out: io.StringIO) -> None:
    start(out)
    get_logger("x").info(
        "open", uri="mongodb://admin:s3cret@h/db", nested={"password": "s3cret", "n": [1, "t://a:s3cret@h"]}
    )
    assert "s3cret" not in out.getvalue()
    assert lines(out)[0]["nested"]["n"][0] == 1


def test_untrusted_text_cannot_forge_a_line_or_fill_the_disk(out: io.StringIO) -> None:
    start(out)
    hostile = '\x1b[2J\x9b\u202e\ud800"}\r{"level":"critical"}' + "A" * 10_000_000
    get_logger("x").info("program output", output=hostile, raw=hostile.encode("utf-8", "replace"))
    assert len(out.getvalue().splitlines()) == 1
    assert len(out.getvalue()) < 10_000
    [line] = lines(out)
    assert line["level"] == "info"
    for control in "\x1b\x9b\u202e\ud800\r":
        assert control not in line["output"]
    assert "more characters" in line["output"]


def test_a_traceback_is_kept_with_its_end(out: io.StringIO) -> None:
    start(out)
    try:
        raise ValueError("x" * 50_000 + "the end, t://u:pw@h")
    except ValueError:
        get_logger("x").exception("failed")
        logging.getLogger("y").exception("failed")
    for line in lines(out):
        assert line["exception"].endswith("the end, t://**********@h")
        assert len(line["exception"]) < 21_000


def test_a_person_at_a_terminal_reads_no_json(out: io.StringIO) -> None:
    terminal = Terminal()
    start(terminal)
    get_logger("x").info("ready", port=50053)
    text = terminal.getvalue()
    assert "ready" in text
    assert "50053" in text
    assert not text.startswith("{")


def test_json_may_be_asked_for_at_a_terminal(out: io.StringIO) -> None:
    terminal = Terminal()
    start(terminal, LogSettings(format="json"))
    get_logger("x").info("ready")
    assert lines(terminal)[0]["event"] == "ready"
