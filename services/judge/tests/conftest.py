"""An open sandbox for the tests of this package, once per tier."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import ColdEngine
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import Tier
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judge-cache")


@pytest.fixture(scope="session")
def sandbox(cache_dir: Path) -> Iterator[Sandbox]:
    opened = asyncio.run(open_sandbox(JudgeSettings(cache_dir=cache_dir, slots=2, min_tier=Tier.RLIMITS)))
    yield opened
    asyncio.run(opened.engine.close())


@pytest.fixture
def judge(sandbox: Sandbox) -> LocalJudge:
    return LocalJudge(sandbox)


@pytest.fixture(scope="session", params=list(Tier))
def tier_sandbox(request: pytest.FixtureRequest, cache_dir: Path) -> Iterator[Sandbox]:
    """A sandbox of each tier that this host allows."""
    settings = JudgeSettings(cache_dir=cache_dir, slots=2, min_tier=Tier.RLIMITS)
    try:
        opened = asyncio.run(open_sandbox(settings, tiers=(request.param,)))
    except FailedPrecondition as error:
        pytest.skip(error.message)
    yield opened
    asyncio.run(opened.engine.close())


@pytest.fixture
def tier_engine(tier_sandbox: Sandbox) -> ColdEngine:
    """Its engine."""
    return tier_sandbox.engine


@pytest.fixture
def tier_judge(tier_sandbox: Sandbox) -> LocalJudge:
    """Its judge."""
    return LocalJudge(tier_sandbox)
