"""The judge's process."""

from microcoder.host import main as run_service
from microcoder.judge.app import build
from microcoder.judge.settings import JudgeServiceSettings


def main() -> None:
    """Entry point of `microcoder-judge`."""
    run_service("judge", JudgeServiceSettings, build)


if __name__ == "__main__":
    main()
