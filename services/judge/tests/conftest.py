"""An open sandbox for the tests of this package, once per tier."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import ColdEngine, interpreters, open_engine
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
def tier_engine(request: pytest.FixtureRequest, cache_dir: Path) -> Iterator[ColdEngine]:
    """An engine of each tier that this host allows."""
    opening = open_engine(
        cache=cache_dir,
        compiler="gcc",
        interpreters=interpreters(""),
        slots=2,
        minimum=Tier.RLIMITS,
        tiers=(request.param,),
    )
    try:
        engine = asyncio.run(opening)
    except FailedPrecondition as error:
        pytest.skip(error.message)
    yield engine
    asyncio.run(engine.close())
