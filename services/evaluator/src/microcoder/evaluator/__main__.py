"""`microcoder-evaluator`."""

from microcoder import host
from microcoder.evaluator.app import build
from microcoder.evaluator.settings import AppSettings


def main() -> None:
    """Runs the evaluator until it is told to stop."""
    host.main("evaluator", AppSettings, build)


if __name__ == "__main__":
    main()
