"""`microcoder-normalizer`."""

from microcoder import host
from microcoder.normalizer.app import build
from microcoder.normalizer.settings import AppSettings


def main() -> None:
    """Runs the normalizer until it is told to stop."""
    host.main("normalizer", AppSettings, build)


if __name__ == "__main__":
    main()
