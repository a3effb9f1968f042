"""Asks a running platform for something small and real: whether it was installed well."""

from microcoder.config import Settings
from microcoder.core.errors import FailedPrecondition
from microcoder.core.verdict import Verdict
from microcoder.host.settings import Endpoints
from microcoder.rpc import ChannelSettings, JudgeClient, open_channel
from microcoder.telemetry import LogSettings, get_logger
from microcoder.v1 import judge_service_pb2 as judge_pb
from microcoder.v1 import scorer_service_pb2 as scorer_pb
from microcoder.v1.scorer_service_pb2_grpc import DifficultyScorerStub

_LOG = get_logger(__name__)

_RIGHT = b"a, b = map(int, input().split())\nprint(a + b)\n"
_WRONG = b"a, b = map(int, input().split())\nprint(a - b)\n"
_TASK = judge_pb.InlineTask(
    tests=[
        judge_pb.InlineTest(name="small", input=b"1 2\n", answer=b"3\n"),
        judge_pb.InlineTest(name="large", input=b"999999999999 1\n", answer=b"1000000000000\n"),
    ]
)
_PROBLEM = scorer_pb.InlineProblem(
    title="A + B", statement="Read two integers from one line of standard input and print their sum."
)


class SmokeSettings(Settings):
    """What the command reads."""

    endpoints: Endpoints = Endpoints()
    channel: ChannelSettings = ChannelSettings()
    log: LogSettings = LogSettings()


async def check_judge(settings: SmokeSettings, *, timeout_s: float) -> None:
    """Has a right and a wrong program judged.

    Raises:
        FailedPrecondition: A verdict is not what it must be.
        MicrocoderError: No verdict in time; says why.
    """
    async with open_channel(settings.endpoints.judge, settings.channel) as channel:
        client = JudgeClient(channel)
        for source, wanted in ((_RIGHT, Verdict.AC), (_WRONG, Verdict.WA)):
            submission = judge_pb.Submission(language="python3", source=source, inline_task=_TASK)
            report = await client.judge(submission, timeout_s=timeout_s)
            if report.verdict is not wanted:
                raise FailedPrecondition(
                    f"The judge says {report.verdict.name} where {wanted.name} is right", reason="SMOKE_VERDICT"
                )
            _LOG.info("judged", verdict=report.verdict.name)


async def check_scorer(settings: SmokeSettings, *, timeout_s: float) -> None:
    """Has a problem scored.

    Raises:
        FailedPrecondition: The score has no samples.
        MicrocoderError: No score in time; says why.
    """
    async with open_channel(settings.endpoints.scorer, settings.channel) as channel:
        request = scorer_pb.ScoreProblemRequest(target=scorer_pb.ScoreTarget(inline_problem=_PROBLEM))
        answer = await DifficultyScorerStub(channel).ScoreProblem(request, timeout=timeout_s)
        if not answer.prediction.samples:
            raise FailedPrecondition("The score rests on no sample of the model", reason="SMOKE_SCORE")
        _LOG.info("scored", overall=answer.prediction.overall, model=answer.prediction.scorer)
