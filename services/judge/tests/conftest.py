"""An open sandbox for the tests of this package, once per tier."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import Engine, EngineKind, Tier
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings

FIRST_USER = 64_000 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Without namespaces the processes of other tests' runs would count as theirs, which attacks use up."""


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judge-cache")


@pytest.fixture(scope="session")
def sandbox(cache_dir: Path) -> Iterator[Sandbox]:
    settings = JudgeSettings(cache_dir=cache_dir, slots=2, min_tier=Tier.RLIMITS, first_user=FIRST_USER)
    opened = asyncio.run(open_sandbox(settings))
    yield opened
    asyncio.run(opened.engine.close())


@pytest.fixture
def judge(sandbox: Sandbox) -> LocalJudge:
    return LocalJudge(sandbox)


WAYS = [
    *((tier, EngineKind.COLD) for tier in Tier),
    *((tier, EngineKind.WARM) for tier in Tier if tier.at_least(Tier.NAMESPACES)),
]
"""Every tier with every engine that can do it."""


@pytest.fixture(scope="session", params=WAYS, ids=[f"{tier}-{engine}" for tier, engine in WAYS])
def tier_sandbox(request: pytest.FixtureRequest, cache_dir: Path) -> Iterator[Sandbox]:
    """A sandbox of each tier that this host allows, cold and warm."""
    tier, engine = request.param
    settings = JudgeSettings(cache_dir=cache_dir, slots=2, min_tier=Tier.RLIMITS, engine=engine, first_user=FIRST_USER)
    try:
        opened = asyncio.run(open_sandbox(settings, tiers=(tier,)))
    except FailedPrecondition as error:
        pytest.skip(error.message)
    yield opened
    asyncio.run(opened.engine.close())


@pytest.fixture
def tier_engine(tier_sandbox: Sandbox) -> Engine:
    """Its engine."""
    return tier_sandbox.engine


@pytest.fixture
def tier_judge(tier_sandbox: Sandbox) -> LocalJudge:
    """Its judge."""
    return LocalJudge(tier_sandbox)
