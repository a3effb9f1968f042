"""`python -m microcoder.bus.local_kafka fetch|up|down|status|pin`."""

import argparse
import sys
import tempfile
from pathlib import Path

from microcoder.bus.local_kafka import broker, jars
from microcoder.core.errors import MicrocoderError

_NOT_RUNNING = 3


def main() -> int:
    """Runs one command; 0 where it worked, 1 where not, 3 where `status` finds no broker."""
    parser = argparse.ArgumentParser(prog="python -m microcoder.bus.local_kafka", description=__doc__)
    parser.add_argument("command", choices=["fetch", "up", "down", "status", "pin"])
    parser.add_argument(
        "--dir", type=Path, default=Path(".microcoder/kafka"), help="data and state of the broker (%(default)s)"
    )
    arguments = parser.parse_args()
    try:
        return _run(arguments.command, arguments.dir)
    except MicrocoderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _run(command: str, folder: Path) -> int:
    match command:
        case "fetch":
            _say(f"Kafka's jars are in {jars.fetch()}")
        case "pin":
            _pin()
        case "up":
            if jars.fetch() and broker.running(folder) is None:
                sys.stderr.write("starting Kafka ...\n")
            _say_how_to_use(broker.start(folder))
        case "down":
            process = broker.running(folder)
            if process is not None:
                process.stop()
            _say("stopped; its data is kept" if process else "it did not run")
        case "status":
            process = broker.running(folder)
            if process is None:
                _say(f"no Kafka runs in {folder}")
                return _NOT_RUNNING
            _say_how_to_use(process)
    return 0


def _say_how_to_use(process: broker.KafkaProcess) -> None:
    _say(f"Kafka runs (pid {process.pid}, data in {process.folder}). Services use it with")
    _say(f"MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS={process.bootstrap_servers}")


def _pin() -> None:
    with tempfile.TemporaryDirectory() as staging:
        found = jars.checksums_of(jars.copy_jars(Path(staging)))
    jars.CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()))
    _say(f"wrote {len(found)} checksums; look at the difference before you commit it")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
