"""`python -m microcoder.trainer.train --run RUN_ID [--resume]`: trains one run and ends with one of `ExitCode`."""

import os
import signal
import sys

_STOPPED = 143
"""`ExitCode.STOPPED`, whose module is not loaded yet."""


def main() -> int:
    """The exit code of the process.

    Loading takes a second or two, and the first process of a container has no default for SIGTERM: without this one it
    would be deaf so long.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(_STOPPED))
    from microcoder.trainer.train import process  # noqa: PLC0415  after the signal

    return int(process.main())


if __name__ == "__main__":
    sys.exit(main())
