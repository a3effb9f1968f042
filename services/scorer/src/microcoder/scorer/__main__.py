"""`microcoder-scorer`."""

from microcoder import host
from microcoder.scorer.app import build
from microcoder.scorer.settings import AppSettings


def main() -> None:
    """Runs the scorer until it is told to stop."""
    host.main("scorer", AppSettings, build)


if __name__ == "__main__":
    main()
