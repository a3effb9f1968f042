"""A contest feed out of a folder of packages is one that the scraper reads."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from microcoder.scraper.domain.feed import parse_feed
from tools.cluster.collecting import two_rounds
from tools.cluster.feed import feed_files, packages_in, zipped

CONTEST = Path(__file__).parents[2] / "examples" / "contest"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_feed_lists_every_package_with_its_zip() -> None:
    packages = packages_in(CONTEST)
    files = feed_files(two_rounds(packages, NOW))
    read = parse_feed(files["feed.json"], base_url="http://contests.example/feed.json")
    assert read.skipped == ()
    problems = [problem for contest in read.contests for problem in contest.problems]
    assert [problem.id for problem in problems] == [package.name for package in packages]
    assert all(problem.url.removeprefix("http://contests.example/") in files for problem in problems)


def test_one_round_is_over_and_one_is_still_to_come() -> None:
    first, second = two_rounds(packages_in(CONTEST), NOW)
    assert first.end_time < NOW < second.end_time <= NOW + timedelta(minutes=2)
    assert abs(len(first.packages) - len(second.packages)) <= 1


def test_a_package_gives_the_same_bytes_again_and_is_the_zips_root() -> None:
    package = CONTEST / "two-baskets"
    assert zipped(package) == zipped(package)
    with zipfile.ZipFile(io.BytesIO(zipped(package))) as archive:
        assert "problem.yaml" in archive.namelist()


def test_the_whole_feed_fits_into_a_config_map() -> None:
    files = feed_files(two_rounds(packages_in(CONTEST), NOW))
    assert sum(map(len, files.values())) * 4 / 3 < 2**20
