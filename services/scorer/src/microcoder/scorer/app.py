"""Wiring of the scorer."""

from microcoder.host import Parts, Runtime
from microcoder.llm import ChatCall, ChatClient
from microcoder.rpc import JudgeClient, Registration
from microcoder.scorer.answering import Answering
from microcoder.scorer.attempts import Attempter
from microcoder.scorer.calibrator import Calibrator
from microcoder.scorer.catalogue import Catalogue
from microcoder.scorer.handlers import VerifiedHandler
from microcoder.scorer.predictor import Predictor
from microcoder.scorer.releases import Releases
from microcoder.scorer.scores import Scores
from microcoder.scorer.servicer import Servicer
from microcoder.scorer.settings import AppSettings
from microcoder.telemetry import Metric, Metrics
from microcoder.v1.scorer_service_pb2_grpc import add_DifficultyScorerServicer_to_server
from microcoder.wire import Topic


async def build(runtime: Runtime[AppSettings]) -> Parts:
    """The parts of the scorer."""
    settings = runtime.settings.scorer
    rubric = settings.rubric.rubric()
    client = ChatClient(runtime.settings.llm, observer=lambda call: _count(runtime.metrics, call))
    judge_channel = runtime.channel(runtime.settings.endpoints.judge)

    scores = Scores(runtime, client, rubric, Predictor(client, rubric, settings, runtime.metrics))
    catalogue = Catalogue(runtime.store, prompt_digest=rubric.digest)
    attempter = Attempter(client, JudgeClient(judge_channel), judge_timeout_s=settings.judge_timeout_s)
    calibrator = Calibrator(
        runtime,
        client,
        attempter,
        catalogue,
        concurrency=settings.calibration_concurrency,
        endpoint_patience_s=settings.endpoint_patience_s,
    )
    servicer = Servicer(
        runtime.store,
        Answering(runtime.store, scores, concurrency=settings.batch_concurrency),
        calibrator,
        Releases(runtime, catalogue),
    )
    worker = runtime.worker(
        group="scorer", topics=[Topic.PROBLEM_VERIFIED], handle=VerifiedHandler(runtime, scores).handle
    )
    return Parts(
        servicers=[
            Registration(
                full_name="microcoder.v1.DifficultyScorer",
                add=add_DifficultyScorerServicer_to_server,
                servicer=servicer,
            )
        ],
        workers=[worker],
        tasks=[calibrator.run],
        outboxes=[runtime.store.releases],
        close=[client.close, judge_channel.close],
    )


def _count(metrics: Metrics, call: ChatCall) -> None:
    metrics.count(Metric.LLM_REQUESTS, model=call.model, outcome=call.outcome)
    metrics.observe(Metric.LLM_SECONDS, call.seconds, model=call.model)
    metrics.count(Metric.LLM_TOKENS, call.usage.prompt_tokens, model=call.model, direction="prompt")
    metrics.count(Metric.LLM_TOKENS, call.usage.completion_tokens, model=call.model, direction="completion")
