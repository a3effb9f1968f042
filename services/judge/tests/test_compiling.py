import asyncio

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.judge.app import Sandbox
from microcoder.judge.compiling import CompileError, Compiler, Executable
from microcoder.judge.domain.engine import EngineFailed, Outcome, RunSpec
from microcoder.judge.domain.languages import ARTEFACT, language_table
from microcoder.judge.domain.program import SourceProgram

TABLE = language_table(python="/py", cc="/cc", cxx="/cxx", multipliers={})


class Runs:
    """Counts runs and answers as told."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.specs: list[RunSpec] = []

    async def __call__(self, spec: RunSpec) -> Outcome:
        self.specs.append(spec)
        await asyncio.sleep(0)
        return self.outcome


def cpp(code: bytes = b"int main(){}") -> SourceProgram:
    return SourceProgram(language="cpp", files={"main.cpp": code}, main="main.cpp")


async def test_the_same_program_is_compiled_once() -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"binary"))
    compiler = Compiler(TABLE, cache_bytes=1000)
    made = await asyncio.gather(*(compiler.prepare(cpp(), runs) for _ in range(5)))
    assert made == [Executable(argv=("{program}/program",), files={ARTEFACT: b"binary"})] * 5
    assert len(runs.specs) == 1
    await compiler.prepare(cpp(b"int main(){return 1;}"), runs)
    assert len(runs.specs) == 2


async def test_compile_errors_are_kept_and_failures_of_the_judge_are_not() -> None:
    compiler = Compiler(TABLE, cache_bytes=1000)
    failing = Runs(Outcome(exit_code=1, stderr=b"error: no"))
    for _ in range(2):
        assert await compiler.prepare(cpp(), failing) == CompileError("error: no")
    assert len(failing.specs) == 1
    with pytest.raises(EngineFailed):
        await compiler.prepare(cpp(b"x"), Runs(Outcome()))
    good = Runs(Outcome(exit_code=0, stdout=b"binary"))
    assert isinstance(await compiler.prepare(cpp(b"x"), good), Executable)


async def test_the_cache_keeps_to_its_size() -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"x" * 400))
    compiler = Compiler(TABLE, cache_bytes=1000)
    for code in (b"1", b"2", b"3", b"1"):
        await compiler.prepare(cpp(code), runs)
    assert len(runs.specs) == 4


async def test_wrong_requests() -> None:
    compiler = Compiler(TABLE, cache_bytes=1000)
    runs = Runs(Outcome())
    with pytest.raises(InvalidArgument, match="python3"):
        await compiler.prepare(SourceProgram(language="cobol", files={"a": b""}, main="a"), runs)
    with pytest.raises(InvalidArgument, match=r"\.cpp"):
        await compiler.prepare(SourceProgram(language="cpp", files={"a.txt": b""}, main="a.txt"), runs)


async def test_real_tools(sandbox: Sandbox) -> None:
    assert {"python3", "c", "cpp"} <= sandbox.versions.keys()
    made = await sandbox.compiler.prepare(cpp(), sandbox.engine.run)
    assert isinstance(made, Executable)
    assert made.files[ARTEFACT].startswith(b"\x7fELF")
