import asyncio
from pathlib import Path

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.verdict import Verdict
from microcoder.judge.adapters.disk_cache import DiskCache
from microcoder.judge.app import Sandbox
from microcoder.judge.artefacts import ArtefactCache
from microcoder.judge.compiling import CompileError, Compiler, Executable
from microcoder.judge.domain.engine import EngineFailed, Outcome, RunSpec
from microcoder.judge.domain.languages import ARTEFACT, Tools, language_table
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.local import LocalJudge
from microcoder.judge.precompiled import PrecompiledHeaders

TABLE = language_table(Tools(python="/py", cc="/cc", cxx="/cxx"), multipliers={})


class Runs:
    """Counts runs and answers as told."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.specs: list[RunSpec] = []

    async def __call__(self, spec: RunSpec) -> Outcome:
        self.specs.append(spec)
        await asyncio.sleep(0)
        return self.outcome


def make_compiler(folder: Path, *, disk: bool = False, version: str = "1") -> Compiler:
    versions = dict.fromkeys(TABLE, version)
    kept = DiskCache(folder / "artefacts", max_bytes=10_000) if disk else None
    artefacts = ArtefactCache(memory_bytes=1000, disk=kept)
    return Compiler(TABLE, versions=versions, artefacts=artefacts, headers=PrecompiledHeaders(folder, versions))


def cpp(code: bytes = b"int main(){}") -> SourceProgram:
    return SourceProgram(language="cpp", files={"main.cpp": code}, main="main.cpp")


async def test_the_same_program_is_compiled_once(tmp_path: Path) -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"binary"))
    compiler = make_compiler(tmp_path)
    made = await asyncio.gather(*(compiler.prepare(cpp(), runs) for _ in range(5)))
    assert made == [Executable(argv=("{program}/program",), files={ARTEFACT: b"binary"})] * 5
    assert len(runs.specs) == 1
    await compiler.prepare(cpp(b"int main(){return 1;}"), runs)
    assert len(runs.specs) == 2


async def test_compile_errors_are_kept_and_failures_of_the_judge_are_not(tmp_path: Path) -> None:
    compiler = make_compiler(tmp_path)
    failing = Runs(Outcome(exit_code=1, stderr=b"error: no"))
    for _ in range(2):
        assert await compiler.prepare(cpp(), failing) == CompileError("error: no")
    assert len(failing.specs) == 1
    with pytest.raises(EngineFailed):
        await compiler.prepare(cpp(b"x"), Runs(Outcome()))
    good = Runs(Outcome(exit_code=0, stdout=b"binary"))
    assert isinstance(await compiler.prepare(cpp(b"x"), good), Executable)


async def test_the_cache_keeps_to_its_size(tmp_path: Path) -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"x" * 400))
    compiler = make_compiler(tmp_path)
    for code in (b"1", b"2", b"3", b"1"):
        await compiler.prepare(cpp(code), runs)
    assert len(runs.specs) == 4


async def test_a_later_judge_finds_the_programs_of_an_earlier_one(tmp_path: Path) -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"binary"))
    first = await make_compiler(tmp_path, disk=True).prepare(cpp(), runs)
    assert await make_compiler(tmp_path, disk=True).prepare(cpp(), runs) == first
    assert len(runs.specs) == 1
    await make_compiler(tmp_path, disk=True, version="2").prepare(cpp(), runs)
    assert len(runs.specs) == 2, "another compiler makes another program"


async def test_wrong_requests(tmp_path: Path) -> None:
    compiler = make_compiler(tmp_path)
    runs = Runs(Outcome())
    with pytest.raises(InvalidArgument, match="python3"):
        await compiler.prepare(SourceProgram(language="cobol", files={"a": b""}, main="a"), runs)
    with pytest.raises(InvalidArgument, match=r"\.cpp"):
        await compiler.prepare(SourceProgram(language="cpp", files={"a.txt": b""}, main="a.txt"), runs)


def kept(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("bits/stdc++.h.gch")]


async def test_headers_are_precompiled_once_and_shown_to_the_compiler(tmp_path: Path) -> None:
    runs = Runs(Outcome(exit_code=0, stdout=b"header"))
    compiler = make_compiler(tmp_path)
    await compiler.prepare(cpp(), runs)
    assert not runs.specs[-1].shared
    for _ in range(2):
        await compiler.precompile(runs)
    made = [spec for spec in runs.specs if "c++-header" in spec.argv]
    assert [next(word for word in spec.argv if word.startswith("-std")) for spec in made] == [
        "-std=gnu++20",
        "-std=gnu++17",
    ]
    await compiler.prepare(cpp(b"//"), runs)
    [folder] = runs.specs[-1].shared
    assert kept(tmp_path) == [b"header"] * 2
    assert f"-I{folder}" in runs.specs[-1].argv


async def test_a_header_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    compiler = make_compiler(tmp_path)
    with pytest.raises(EngineFailed, match="precompiled"):
        await compiler.precompile(Runs(Outcome(exit_code=1)))
    await compiler.prepare(cpp(), runs := Runs(Outcome(exit_code=0, stdout=b"binary")))
    assert not runs.specs[-1].shared


async def test_real_tools(sandbox: Sandbox) -> None:
    assert {"python3", "c", "cpp"} <= sandbox.versions.keys()
    made = await sandbox.compiler.prepare(cpp(), sandbox.engine.run)
    assert isinstance(made, Executable)
    assert made.files[ARTEFACT].startswith(b"\x7fELF")


STD = "#include <bits/stdc++.h>\n"


async def test_a_real_precompiled_header_changes_nothing_but_the_time(sandbox: Sandbox) -> None:
    """One that does not fit (other macros, something in front of it) is left aside by the compiler itself."""
    await sandbox.compiler.precompile(sandbox.engine.run, only=("cpp",))
    judge = LocalJudge(sandbox)
    checked = "int main() { std::vector<int> v(1); std::cout << v[1]; }"
    for code, verdict in (
        (f"{STD}int main() {{ int a, b; std::cin >> a >> b; std::cout << a + b; }}", Verdict.AC),
        (f"#define _GLIBCXX_ASSERTIONS\n{STD}{checked}", Verdict.RE),
        (f"{STD}int main() {{ return undeclared; }}", Verdict.CE),
    ):
        report = await judge.report(code, [("1 2", "3")], language="cpp")
        assert report.verdict is verdict, (code, report)


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ('#include "/dev/random"', "cpp"),
        ('#include "/dev/stdin"', "c"),
        ('#include "/etc/passwd"', "c"),
        ("#error " + "x" * 10_000 + "\n" + "#error y\n" * 20_000, "c"),
        ("template<int n> struct T { T<n + 1> a; T<n - 1> b; }; T<0> t; int main() {}", "cpp"),
        ("template<class T> struct V { V<V<T>> v; }; V<int> v; int main() {}", "cpp"),
        ('int main() { static_assert(false, "\x1b[2J"); }', "cpp"),
        ("char a[1L << 33] = {1}; int main() {}", "c"),
        ('__asm__(".incbin "/dev/zero""); int main() {}', "c"),
    ],
)
async def test_hostile_programs_end_as_compile_errors(sandbox: Sandbox, code: str, language: str) -> None:
    judge = LocalJudge(sandbox)
    report = await judge.report(code, [("", "")], language=language)
    assert report.verdict is Verdict.CE
    assert 0 < len(report.compile_message) <= 4_000
    assert "\x1b" not in report.compile_message
