"""Judges other judges' suites and compares the verdicts: `python -m tests.conformance [options]`.

The suites are in `--data` (or `$MICROCODER_SHARED/data`, or `../shared/data` beside the repository); others are named
by their paths. Exits with 1 where a disagreement has no explanation in `explained.toml`.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from microcoder.judge.app import open_sandbox
from microcoder.judge.domain.engine import Tier
from microcoder.judge.settings import JudgeSettings
from tests.conformance.model import Row, Suite
from tests.conformance.report import table, unexplained, with_explanations
from tests.conformance.suites import named_suites, shared_suites

_ROOT = Path(__file__).parents[2]


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    shared = Path(os.environ.get("MICROCODER_SHARED") or _ROOT.parent / "shared")
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the known suites")
    parser.add_argument("--suite", action="append", default=[], help="only this known suite; may be repeated")
    parser.add_argument(
        "--packages", type=Path, action="append", default=[], help="folder or archive of problem packages"
    )
    parser.add_argument("--dmoj", type=Path, action="append", default=[], help="folder of DMOJ problems with tests/")
    parser.add_argument("--outputs", type=Path, action="append", default=[], help="folder of default validator cases")
    parser.add_argument("--only", default="*", help="glob over the names of problems")
    parser.add_argument("--slots", type=int, default=0, help="runs at a time")
    parser.add_argument("--json", action="store_true", help="rows as JSON lines")
    return parser.parse_args(argv)


def _chosen(options: argparse.Namespace) -> list[Suite]:
    named = named_suites(
        packages=options.packages, dmoj_folders=options.dmoj, output_folders=options.outputs, only=options.only
    )
    known = shared_suites(options.data, only=options.only)
    if options.suite:
        unknown = set(options.suite) - {suite.name for suite in known}
        if unknown:
            sys.exit(f"no suite {', '.join(sorted(unknown))}; known: {', '.join(suite.name for suite in known)}")
        return [suite for suite in known if suite.name in options.suite] + named
    return named or known


async def _judge(suites: list[Suite], *, slots: int, as_json: bool) -> list[Row]:
    rows: list[Row] = []
    with TemporaryDirectory() as cache:
        sandbox = await open_sandbox(JudgeSettings(cache_dir=Path(cache), slots=slots, min_tier=Tier.RLIMITS))
        try:
            for suite in suites:
                begun = time.monotonic()
                found = with_explanations([row async for row in _told(suite.rows(sandbox))])
                rows += found
                if as_json:
                    print(*(json.dumps(asdict(row), ensure_ascii=False) for row in found), sep="\n", flush=True)
                else:
                    title = f"\n## {suite.title} (`{suite.name}`), tier {sandbox.engine.tier}"
                    print(title, *table(found), f"\n{time.monotonic() - begun:.0f} s", sep="\n", flush=True)
        finally:
            await sandbox.engine.close()
    return rows


async def _told(rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
    """The same; says on standard error how long each problem took."""
    problem, count, begun = "", 0, time.monotonic()

    def tell() -> None:
        if problem:
            print(f"{problem}: {count} judged, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)

    async for row in rows:
        if row.problem != problem:
            tell()
            problem, count, begun = row.problem, 0, time.monotonic()
        count += 1
        yield row
    tell()


def main(argv: list[str]) -> int:
    options = _arguments(argv)
    suites = []
    for suite in _chosen(options):
        if suite.path.exists():
            suites.append(suite)
        else:
            print(f"skipped {suite.name}: {suite.path} is not there (--data or MICROCODER_SHARED)", file=sys.stderr)
    rows = asyncio.run(_judge(suites, slots=options.slots, as_json=options.json))
    open_questions = unexplained(rows)
    for row in open_questions:
        print(f"not explained: {row.key}: expected {row.expected}, given {row.given} ({row.note})", file=sys.stderr)
    return 1 if open_questions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
