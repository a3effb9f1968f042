"""Languages beyond the three that every judge has: those of this host, and those of the settings."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from microcoder.core.problem import Limits
from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import EngineKind, RunLimits, Tier
from microcoder.judge.domain.languages import JavaTools, Tools, fill, language_table, main_file, with_heap
from microcoder.judge.domain.limits import problem_limits
from microcoder.judge.local import LocalJudge
from microcoder.judge.settings import JudgeSettings, LanguageSettings, configured

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
    assert command[-1] == "Sum"
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
