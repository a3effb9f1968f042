"""Wiring of the evaluator."""

from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.adapters.checkpoint import CheckpointSampler
from microcoder.evaluator.adapters.endpoint import EndpointSampler
from microcoder.evaluator.adapters.judging import Grader
from microcoder.evaluator.prepare import Preparer
from microcoder.evaluator.runs import Runs
from microcoder.evaluator.sampling import Sampler
from microcoder.evaluator.servicer import Servicer
from microcoder.evaluator.settings import AppSettings
from microcoder.host import Parts, Runtime
from microcoder.rpc import JudgeClient, Registration
from microcoder.v1.evaluator_service_pb2_grpc import add_EvaluatorServicer_to_server


async def build(runtime: Runtime[AppSettings]) -> Parts:
    """The parts of the evaluator."""
    settings = runtime.settings
    channel = runtime.channel(settings.endpoints.judge)

    def open_sampler(spec: EvaluationSpec) -> Sampler:
        if spec.checkpoint:
            return CheckpointSampler(
                spec, python=settings.evaluator.python, batch_sequences=settings.evaluator.batch_sequences
            )
        return EndpointSampler(spec, settings.llm)

    runs = Runs(
        runtime,
        Preparer(runtime.store, settings.evaluator),
        Grader(JudgeClient(channel), settings.evaluator),
        open_sampler,
    )
    return Parts(
        servicers=[
            Registration(
                full_name="microcoder.v1.Evaluator",
                add=add_EvaluatorServicer_to_server,
                servicer=Servicer(runtime.store, runs),
            )
        ],
        tasks=[runs.run],
        outboxes=[runtime.store.evaluation_runs],
        close=[channel.close],
    )
