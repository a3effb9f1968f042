"""The judge in its pod gives the verdicts that the same judge gives outside."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.cli.connect import Clients, connect
from microcoder.core.problem import Checker
from microcoder.core.verdict import JudgeReport
from microcoder.judge.app import Sandbox, open_sandbox
from microcoder.judge.domain.engine import Tier
from microcoder.judge.local import DEFAULT_LIMITS, LocalJudge
from microcoder.judge.settings import JudgeSettings
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2
from microcoder.wire import from_proto
from tests.cluster.real_node.support import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONTEST = Path(__file__).resolve().parents[3] / "examples" / "contest"
PROGRAMS = sorted(CONTEST.glob("*/submissions/*/*.*"))
LANGUAGES = {".py": "python3", ".cpp": "cpp"}
CUSTOM = "lecture-order"
"""Its verdicts come from a validator of its own, which an inline task does not carry."""

Verdicts = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    settings = JudgeSettings(cache_dir=tmp_path_factory.mktemp("judge"), slots=1, min_tier=Tier.RLIMITS)
    opened = asyncio.run(open_sandbox(settings))
    yield opened
    asyncio.run(opened.engine.close())


def cases() -> Iterator[tuple[Path, list[tuple[bytes, bytes]]]]:
    for program in PROGRAMS:
        package = program.parents[2]
        inputs = sorted(package.glob("data/*/*.in"))
        if inputs and package.name != CUSTOM and program.suffix in LANGUAGES:
            yield program, [(path.read_bytes(), path.with_suffix(".ans").read_bytes()) for path in inputs]


def shown(report: JudgeReport) -> tuple[str, ...]:
    return (report.verdict.value, *(result.verdict.value for result in report.results))


async def verdicts_outside(sandbox: Sandbox) -> Verdicts:
    judge = LocalJudge(sandbox)
    found = {}
    for program, tests in cases():
        language = LANGUAGES[program.suffix]
        report = await judge.report(program.read_bytes(), tests, language=language, checker=Checker())
        found[str(program.relative_to(CONTEST))] = shown(report)
    return found


async def verdicts_inside(clients: Clients) -> Verdicts:
    limits = problem_pb2.Limits(
        cpu_time_ms=DEFAULT_LIMITS.cpu_time_ms,
        memory_bytes=DEFAULT_LIMITS.memory_bytes,
        output_bytes=DEFAULT_LIMITS.output_bytes,
    )
    found = {}
    for program, tests in cases():
        task = pb.InlineTask(
            tests=[pb.InlineTest(name=str(i), input=a, answer=b) for i, (a, b) in enumerate(tests)], limits=limits
        )
        submission = pb.Submission(language=LANGUAGES[program.suffix], source=program.read_bytes(), inline_task=task)
        answer = await clients.judge.JudgeSubmission(pb.JudgeSubmissionRequest(submission=submission), timeout=120)
        found[str(program.relative_to(CONTEST))] = shown(from_proto(answer.report, JudgeReport))
    return found


async def test_verdicts_in_the_pod_are_those_outside(
    platform: Platform, outside: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in platform.environ.items():
        monkeypatch.setenv(name, value)
    async with connect(platform.state) as clients:
        # The forward of a pod that a test before has ended is opened anew by the first call, which fails.
        request = pb.GetCapabilitiesRequest()
        capabilities = await clients.judge.GetCapabilities(request, timeout=120, wait_for_ready=True)
        inside = await verdicts_inside(clients)
    print(
        f"tier in the pod: {capabilities.tier} ({'; '.join(capabilities.mechanisms)}); outside: {outside.engine.tier}"
    )
    assert {language.id for language in capabilities.languages} >= set(LANGUAGES.values())
    assert inside == await verdicts_outside(outside)
    assert {verdicts[0] for verdicts in inside.values()} >= {"AC", "WA", "RE", "TLE"}
