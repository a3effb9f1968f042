"""Languages beyond the three that every judge has: those of this host, and those of the settings."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from microcoder.core.problem import Checker, Limits
from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import EngineKind, RunLimits, Tier
from microcoder.judge.domain.languages import JavaTools, Tools, fill, language_table, main_file, with_heap
from microcoder.judge.domain.limits import problem_limits
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import SubmissionJudge, Task
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings, LanguageSettings, configured
from microcoder.judge.suites import InlineSuite, Test

TABLE = language_table(
    Tools(python="/py", packages="/packages", cc="/cc", cxx="/cxx", java=JavaTools(java="/j", javac="/jc", jar="/jar")),
    configured=[configured("JS", LanguageSettings(main="main.js", version=["/node", "-v"], run=["/node", "{main}"]))],
    multipliers={},
)
LIMITS = RunLimits(cpu_time_ms=10_000, memory_bytes=512 * 2**20, output_bytes=2**20)


def test_the_table_has_what_the_host_has() -> None:
    assert list(TABLE) == ["python3", "python3-numpy", "cpp", "cpp17", "c", "java", "javascript"]
    assert "java" not in language_table(Tools(python="/py", cc="/cc", cxx="/cxx"), multipliers={})


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"public class Sum {}", "Sum.java"),
        (b"import java.util.*;\n  public final class A1 { public class B {} }", "A1.java"),
        (b"class Main { public static void main(String[] a) {} }", "Main.java"),
        (b"// public class No\nclass Main {}", "Main.java"),
        (b"public record R(int x) {}", "R.java"),
    ],
)
def test_a_java_file_has_the_name_of_its_public_class(source: bytes, name: str) -> None:
    assert main_file(TABLE["java"], source) == name


def test_the_heap_is_what_the_runtime_leaves_of_the_memory() -> None:
    java = TABLE["java"]
    command = fill(java.run, main="Sum.java")
    assert "-Xmx384m" in with_heap(command, java, 512 * 2**20)
    assert "-Xmx64m" in with_heap(command, java, 128 * 2**20)
    limits = problem_limits(Limits(memory_bytes=256 * 2**20), multiplier=1, runtime_bytes=java.runtime_bytes)
    assert "-Xmx256m" in with_heap(command, java, limits.memory_bytes)


def test_a_configured_language_needs_its_commands() -> None:
    with pytest.raises(ValidationError):
        LanguageSettings(main="main.x", version=["/x"], run=[])


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A judge with all that this host has, and perl by its settings."""
    perl = LanguageSettings(
        main="main.pl",
        version=["/usr/bin/perl", "-e", 'print "perl $^V\\n"'],
        run=["/usr/bin/perl", "{program}/{main}"],
        environment={"WORD": "set"},
    )
    missing = LanguageSettings(main="x", version=["/no/such"], run=["/no/such"])
    settings = JudgeSettings(
        cache_dir=tmp_path_factory.mktemp("cache"),
        slots=2,
        min_tier=Tier.RLIMITS,
        engine=EngineKind.COLD,
        languages={"perl": perl, "missing": missing},
    )
    opened = asyncio.run(open_sandbox(settings))
    yield opened
    asyncio.run(opened.engine.close())


async def test_a_language_of_the_settings(wide: Sandbox) -> None:
    if not Path("/usr/bin/perl").exists():  # noqa: ASYNC240
        pytest.skip("this host has no perl")
    assert wide.versions["perl"].startswith("perl v5")
    assert "missing" not in wide.versions
    code = "my ($a, $b) = split ' ', <STDIN>; print $a + $b, $ENV{WORD};"
    report = await LocalJudge(wide).report(code, [("1 2", "3set")], language="perl", limits=LIMITS)
    assert report.verdict is Verdict.AC


JAVA = """import java.util.*;
public class Sum {
    static int depth(int n) { return n == 0 ? 0 : 1 + depth(n - 1); }
    public static void main(String[] words) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextInt() + in.nextInt() + depth(50000) - 50000);
    }
}"""
MEMORY = """class Main {
    public static void main(String[] words) {
        long[][] kept = new long[10000][];
        for (int i = 0; i < kept.length; i++) kept[i] = new long[100000];
    }
}"""


async def test_java(wide: Sandbox) -> None:
    if shutil.which("javac") is None:
        pytest.skip("this host has no Java development kit")
    judge = LocalJudge(wide)
    reports = await asyncio.gather(
        *(
            judge.report(code, [("1 2", "3")], language="java", limits=LIMITS)
            for code in (JAVA, MEMORY, "class Main { undeclared x; }")
        )
    )
    assert [report.verdict for report in reports] == [Verdict.AC, Verdict.MLE, Verdict.CE], reports
    assert "undeclared" in reports[2].compile_message


OTHER = b"package helping; public class A { public static int twice(int x) { return 2 * x; } }"
DOUBLING = b"""
import java.util.Scanner;
%s class Start {
    public static void main(String[] words) { System.out.println(%s(new Scanner(System.in).nextInt())); }
    static int twice(int x) { return 2 * x; }
}"""
JAVA_PROGRAMS = {
    "one in a package": {"two-words.java": b"package starting;" + DOUBLING % (b"public", b"twice")},
    "two packages": {"A.java": OTHER, "Start.java": b"package starting;" + DOUBLING % (b"public", b"helping.A.twice")},
    "a class of another name": {"my-solution.java": DOUBLING % (b"", b"twice")},
}


@pytest.mark.parametrize("files", JAVA_PROGRAMS.values(), ids=JAVA_PROGRAMS)
async def test_java_programs_as_packages_have_them(wide: Sandbox, files: dict[str, bytes]) -> None:
    if shutil.which("javac") is None:
        pytest.skip("this host has no Java development kit")
    program = SourceProgram(language="java", files=files, main=next(iter(files)))
    judge = SubmissionJudge(wide.engine, wide.compiler, wide.pool, version="test")
    suite = InlineSuite([Test(name="1", input=b"4", answer=b"8")])
    report = await judge.judge(program, Task(suite=suite, limits=LIMITS, checker=Checker()), own=True)
    assert report.verdict is Verdict.AC, report


async def test_java_without_a_main_method_does_not_compile(wide: Sandbox) -> None:
    if shutil.which("javac") is None:
        pytest.skip("this host has no Java development kit")
    report = await LocalJudge(wide).report("class Main { int domain; }", [("", "")], language="java", limits=LIMITS)
    assert report.verdict is Verdict.CE
    assert "main(String[])" in report.compile_message
