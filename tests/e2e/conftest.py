"""One platform for a module's tests."""

from collections.abc import Iterator

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.store.local_mongod import find_mongod
from microcoder.testing.openai import ScriptedOpenAI
from microcoder.testing.platform import Platform


@pytest.fixture(scope="session")
def mongod_is_there() -> None:
    try:
        find_mongod()
    except FailedPrecondition as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def llm() -> Iterator[ScriptedOpenAI]:
    with ScriptedOpenAI() as server:
        yield server


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory, mongod_is_there: None, llm: ScriptedOpenAI
) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("platform") / "state", llm)
    yield started
    started.stop()
