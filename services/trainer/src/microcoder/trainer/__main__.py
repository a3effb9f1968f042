"""`microcoder-trainer`: the trainer service."""

from microcoder import host
from microcoder.trainer.app import build
from microcoder.trainer.settings import TrainerServiceSettings


def main() -> None:
    """Runs the service until it is told to stop."""
    host.main("trainer", TrainerServiceSettings, build)


if __name__ == "__main__":
    main()
