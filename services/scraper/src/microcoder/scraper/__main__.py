"""`microcoder-scraper`."""

from microcoder import host
from microcoder.scraper.app import build
from microcoder.scraper.settings import AppSettings


def main() -> None:
    """Runs the scraper until it is told to stop."""
    host.main("scraper", AppSettings, build)


if __name__ == "__main__":
    main()
