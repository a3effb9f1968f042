"""`microcoder-host`: what a deployment runs before and after its services."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microcoder.bus import BusSettings, open_bus
from microcoder.core.errors import FailedPrecondition, PermissionDenied, Unavailable
from microcoder.host.settings import Endpoints
from microcoder.host.smoke import SmokeSettings, check_judge, check_scorer
from microcoder.rpc import ChannelSettings, Registration, RpcServer, RpcSettings
from microcoder.store import StoreSettings
from microcoder.testing.store import drop_database, fresh_settings
from microcoder.v1 import difficulty_pb2, verdict_pb2
from microcoder.v1 import judge_service_pb2 as judge_pb
from microcoder.v1 import scorer_service_pb2 as scorer_pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server
from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerServicer, add_DifficultyScorerServicer_to_server
from microcoder.wire import Topic


def run(*arguments: str, **settings: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, log records, and everything on standard error."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MICROCODER_")}
    environment = inherited | {f"MICROCODER_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-c", "from microcoder.host.command import main; main()", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return done.returncode, lines, done.stderr


async def test_migrate_makes_indexes_and_topics_once(store_settings: StoreSettings, tmp_path: Path) -> None:
    uri = store_settings.uri.get_secret_value()
    empty = fresh_settings(uri)
    settings = {
        "STORE__URI": uri,
        "STORE__DATABASE": empty.database,
        "BUS__PATH": str(tmp_path / "bus.sqlite3"),
        "BUS__PARTITIONS": "3",
    }
    made = []
    for _ in range(2):
        code, lines, text = await asyncio.to_thread(run, "migrate", **settings)
        assert code == 0, text
        made.append(next(line["migrations"] for line in lines if line["event"] == "store is up to date"))
    assert made[0]
    assert made[1] == []
    bus = await open_bus(BusSettings(path=tmp_path / "bus.sqlite3"))
    assert len(await bus.lag([Topic.PROBLEM_COLLECTED.retry], group="nobody")) == 3
    await bus.close()
    await asyncio.to_thread(drop_database, empty)


def test_migrate_says_what_does_not_answer(tmp_path: Path) -> None:
    code, lines, _ = run(
        "migrate", "--budget-s=1", STORE__URI="mongodb://127.0.0.1:1", BUS__PATH=str(tmp_path / "bus.sqlite3")
    )
    assert code == 3
    assert "The store cannot be reached" in lines[-1]["error"]


def test_a_setting_that_is_none_is_named() -> None:
    code, _, text = run("migrate", BUS__KAFKA__SERVERS="kafka:9092")
    assert code == 2
    assert "MICROCODER_BUS__KAFKA__SERVERS" in text


class Judge(JudgeServicer):
    """Says AC to programs that add, and as it is told to others."""

    def __init__(self, otherwise: "verdict_pb2.Verdict.ValueType") -> None:
        self._otherwise = otherwise

    async def JudgeSubmission(self, request: judge_pb.JudgeSubmissionRequest, context: Any) -> Any:  # noqa: N802
        adds = b"a + b" in request.submission.source
        verdict: verdict_pb2.Verdict.ValueType = verdict_pb2.VERDICT_AC if adds else self._otherwise
        return judge_pb.JudgeSubmissionResponse(report=verdict_pb2.JudgeReport(verdict=verdict, total=2))


class Scorer(DifficultyScorerServicer):
    """Scores by as many samples as it is told."""

    def __init__(self, samples: int) -> None:
        self._samples = samples

    async def ScoreProblem(self, request: scorer_pb.ScoreProblemRequest, context: Any) -> Any:  # noqa: N802
        assert "sum" in request.target.inline_problem.statement
        samples = [difficulty_pb2.ScoreSample() for _ in range(self._samples)]
        return scorer_pb.ScoreProblemResponse(prediction=difficulty_pb2.Prediction(samples=samples, overall=1.5))


async def served(name: str, add: Callable[..., None], servicer: Any) -> tuple[RpcServer, SmokeSettings]:
    """One service, and settings that name it as all of them."""
    server = RpcServer(
        RpcSettings(port=0), [Registration(full_name=f"microcoder.v1.{name}", add=add, servicer=servicer)]
    )
    target = f"127.0.0.1:{await server.start()}"
    return server, SmokeSettings(endpoints=Endpoints(judge=target, scorer=target), channel=ChannelSettings())


@pytest.mark.parametrize(("otherwise", "well"), [("VERDICT_WA", True), ("VERDICT_AC", False), ("VERDICT_RE", False)])
async def test_smoke_wants_both_verdicts(otherwise: str, well: bool) -> None:
    servicer = Judge(verdict_pb2.Verdict.Value(otherwise))  # type: ignore[abstract]  # the rest is not asked for
    server, settings = await served("Judge", add_JudgeServicer_to_server, servicer)
    if well:
        await check_judge(settings, timeout_s=5)
    else:
        with pytest.raises(FailedPrecondition, match="where WA is right"):
            await check_judge(settings, timeout_s=5)
    await server.drain(0)


async def test_smoke_wants_a_score_that_rests_on_something() -> None:
    for samples in (1, 0):
        servicer = Scorer(samples)  # type: ignore[abstract]  # the rest is not asked for
        server, settings = await served("DifficultyScorer", add_DifficultyScorerServicer_to_server, servicer)
        if samples:
            await check_scorer(settings, timeout_s=5)
        else:
            with pytest.raises(FailedPrecondition, match="no sample"):
                await check_scorer(settings, timeout_s=5)
        await server.drain(0)


async def test_smoke_says_that_nobody_answers() -> None:
    settings = SmokeSettings(endpoints=Endpoints(judge="127.0.0.1:1"))
    with pytest.raises((Unavailable, PermissionDenied), match="No verdict"):
        await check_judge(settings, timeout_s=0.5)
