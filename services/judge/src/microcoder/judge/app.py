"""Wiring of the judge."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from microcoder.host import Parts, Runtime
from microcoder.judge.adapters.disk_cache import DiskCache
from microcoder.judge.artefacts import ArtefactCache
from microcoder.judge.compiling import Compiler
from microcoder.judge.domain.engine import STRONGEST_FIRST, Engine, EngineFailed, Outcome, RunSpec, Tier
from microcoder.judge.domain.languages import fill, language_table
from microcoder.judge.engines import open_chosen
from microcoder.judge.handlers import VerifyProblem
from microcoder.judge.health import OverdueRuns, SlotHealth
from microcoder.judge.judging import SubmissionJudge
from microcoder.judge.observing import SILENT, JudgeObserver, MetricsObserver
from microcoder.judge.precompiled import PrecompiledHeaders
from microcoder.judge.servicer import Servicer, capabilities
from microcoder.judge.settings import JudgeServiceSettings, JudgeSettings, configured
from microcoder.judge.slots import SlotPool
from microcoder.judge.suites import BlobCache
from microcoder.judge.tasks import TaskSource
from microcoder.judge.toolchain import find_tools, working_languages
from microcoder.judge.verifying import Verifier
from microcoder.rpc import Registration
from microcoder.telemetry import Metric, Metrics, get_logger
from microcoder.v1.judge_service_pb2_grpc import add_JudgeServicer_to_server
from microcoder.wire import Topic

_LOG = get_logger(__name__)
_QUEUE_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """An open engine and what it can run."""

    engine: Engine
    compiler: Compiler
    pool: SlotPool
    versions: dict[str, str]
    """Languages that work here, with their versions."""


async def open_sandbox(
    settings: JudgeSettings, *, tiers: Sequence[Tier] = STRONGEST_FIRST, observer: JudgeObserver = SILENT
) -> Sandbox:
    """Opens the strongest engine of `tiers` that this host allows.

    Raises:
        FailedPrecondition: Weaker than `settings.min_tier`, or a tool is missing.
    """
    slots = settings.slots or len(os.sched_getaffinity(0))
    tools = await asyncio.to_thread(find_tools, settings)
    engine = await open_chosen(settings, slots=slots, tiers=tiers, folders=tools.folders, on_replaced=observer.replaced)
    table = language_table(
        tools.table_tools(settings, python=engine.python),
        configured=[configured(name, row) for name, row in settings.languages.items()],
        multipliers=settings.time_multipliers,
    )
    working = await working_languages(engine, table)
    versions = {name: version for name, (_, version) in working.items()}
    compiler = Compiler(
        {name: language for name, (language, _) in working.items()},
        versions=versions,
        artefacts=ArtefactCache(
            memory_bytes=settings.artefact_cache_bytes,
            disk=DiskCache(settings.cache_dir / "artefacts", max_bytes=settings.artefact_disk_bytes),
        ),
        headers=PrecompiledHeaders(settings.cache_dir, versions),
        observer=observer,
    )
    pool = SlotPool(slots=slots, max_submissions=settings.max_submissions)
    return Sandbox(engine=engine, compiler=compiler, pool=pool, versions=versions)


async def build(runtime: Runtime[JudgeServiceSettings]) -> Parts:
    """The judge's parts."""
    sandbox = await open_sandbox(runtime.settings.judge, observer=MetricsObserver(runtime.metrics))
    engine = sandbox.engine
    _LOG.info("programs are shut in", tier=engine.tier.value, mechanisms=list(engine.mechanisms))
    parts, _ = make_parts(runtime, sandbox)
    return parts


def make_parts(runtime: Runtime[JudgeServiceSettings], sandbox: Sandbox) -> tuple[Parts, VerifyProblem]:
    """The parts on an open sandbox, which they close, and the handler of their worker."""
    settings, engine, compiler = runtime.settings.judge, sandbox.engine, sandbox.compiler
    runs = OverdueRuns()
    judge = SubmissionJudge(
        engine,
        compiler,
        sandbox.pool,
        version=runtime.version,
        preludes=settings.preludes,
        observer=MetricsObserver(runtime.metrics),
        runs=runs,
    )
    health = SlotHealth(
        engine,
        sandbox.pool,
        runs,
        command=fill(compiler.language("python3").run, main="main.py"),
        interval_s=settings.health_interval_s,
    )
    blobs = BlobCache(runtime.store.blobs, max_bytes=settings.blob_cache_bytes)
    tasks = TaskSource(runtime.store, blobs)
    verifier = Verifier(
        judge,
        compiler,
        tasks,
        version=runtime.version,
        tier=engine.tier.value,
        clock=runtime.clock,
        max_guess_share=settings.max_guess_share,
    )
    handler = VerifyProblem(runtime, verifier)
    servicer = Servicer(
        store=runtime.store,
        judge=judge,
        compiler=compiler,
        tasks=tasks,
        blobs=blobs,
        capabilities=capabilities(
            languages=[(compiler.language(language), version) for language, version in sandbox.versions.items()],
            tier=engine.tier.value,
            mechanisms=engine.mechanisms,
            version=runtime.version,
            slots=sandbox.pool.slots,
        ),
        metrics=runtime.metrics,
    )
    parts = Parts(
        servicers=[Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)],
        workers=[runtime.worker(group=runtime.name, topics=[Topic.PROBLEM_NORMALIZED], handle=handler)],
        tasks=[health.run, lambda: _precompile(sandbox), lambda: _tell_queue(runtime.metrics, sandbox.pool)],
        checks={"slots": health.check},
        close=[engine.close],
    )
    return parts, handler


async def _precompile(sandbox: Sandbox) -> None:
    """Beside the service: a judge that is asked meanwhile compiles without."""

    async def run(spec: RunSpec) -> Outcome:
        async with sandbox.pool.slot(("precompiled headers", "")):
            return await sandbox.engine.run(spec)

    try:
        await sandbox.compiler.precompile(run)
    except (EngineFailed, OSError) as error:
        _LOG.warning("C++ programs compile slowly", error=str(error))


async def _tell_queue(metrics: Metrics, pool: SlotPool) -> None:
    while True:
        metrics.set(Metric.JUDGE_QUEUE, pool.waiting)
        await asyncio.sleep(_QUEUE_INTERVAL_S)
