"""One run: sample what lacks, judge it, keep every answer, and sum up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from microcoder.core.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, Unavailable
from microcoder.core.evaluation import EvaluationRun, ItemResult
from microcoder.core.solving import solver_messages
from microcoder.core.verdict import Verdict
from microcoder.evaluator.adapters.judging import Grader
from microcoder.evaluator.domain.answers import (
    Answer,
    Completion,
    answer_of,
    answers_of,
    is_complete,
    result_of,
    unsampled,
)
from microcoder.evaluator.domain.encoding import hidden_tests
from microcoder.evaluator.domain.items import DatasetError, EvaluationItem, ItemTest, task_of
from microcoder.evaluator.sampling import SampleOutcome, Sampler, SampleRequest, seed_of
from microcoder.evaluator.settings import EvaluatorSettings
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
Keep = Callable[[ItemResult], Awaitable[None]]
"""Stores a result; called once for each item and round."""


class Execution:
    """The work of one run on its items.

    Args:
        run: The run; its spec and id.
        items: What it takes of its data set.
        known: Results of an attempt before this one, by item id.
        sampler: The model.
        grader: The judge.
        settings: Pace and patience.
        keep: Where results go.
    """

    def __init__(
        self,
        run: EvaluationRun,
        items: Sequence[EvaluationItem],
        known: dict[str, ItemResult],
        *,
        sampler: Sampler,
        grader: Grader,
        settings: EvaluatorSettings,
        keep: Keep,
    ) -> None:
        self._run = run
        self._spec = run.spec
        self._items = {item.id: item for item in items}
        self.results = {item_id: result for item_id, result in known.items() if item_id in self._items}
        self._sampler = sampler
        self._grader = grader
        self._rounds = settings.rounds
        self._max_lost_items = settings.max_lost_items
        self._slots = asyncio.Semaphore(settings.judge_concurrency)
        self._keep = keep
        self._lost_in_a_row = 0

    async def work(self) -> None:
        """Brings every item as far as it goes; afterwards `results` holds all of them.

        Raises:
            FailedPrecondition: Endpoint or judge serve nothing (`SAMPLES_LOST`); what is done is kept.
            MicrocoderError: The model cannot be sampled, a test set is broken, or the store does not answer.
        """
        for _ in range(self._rounds):
            waiting = [item for item in self._items.values() if not self._complete(item)]
            if not waiting:
                return
            await self._round(waiting)

    @property
    def done(self) -> int:
        """Items whose samples all have a verdict."""
        return sum(self._complete(item) for item in self._items.values())

    def _complete(self, item: EvaluationItem) -> bool:
        return is_complete(self.results.get(item.id), samples=self._spec.samples)

    async def _round(self, items: Sequence[EvaluationItem]) -> None:
        requests = [request for item in items if (request := self._request(item))]
        asked = {request.item_id for request in requests}
        async with _Crew() as crew:
            for item in items:
                if item.id not in asked:
                    await crew.start(self._finish(item, SampleOutcome(item_id=item.id)))
            if not requests:
                return
            async with contextlib.aclosing(self._sampler.sample(requests)) as outcomes:
                async for outcome in outcomes:
                    await crew.start(self._finish(self._items[outcome.item_id], outcome))

    def _request(self, item: EvaluationItem) -> SampleRequest | None:
        lacking = unsampled(self.results.get(item.id), samples=self._spec.samples)
        if not lacking:
            return None
        return SampleRequest(
            item_id=item.id,
            messages=solver_messages(task_of(item), worked_examples=self._spec.worked_examples),
            samples=lacking,
            seed=seed_of(self._spec.seed, item.id, self._spec.samples - lacking),
        )

    async def _finish(self, item: EvaluationItem, outcome: SampleOutcome) -> None:
        if outcome.failure:
            _LOG.warning("samples lost", run_id=self._run.id, item_id=item.id, problem=outcome.failure[:500])
        before = self.results.get(item.id)
        answers = [answer for answer in answers_of(before) if answer.sampled] if before else []
        answers += [answer_of(completion) for completion in outcome.completions]
        truncated = (before.truncated if before else 0) + _cut_off(outcome.completions)
        judged = await self._judged(item, answers)
        result = result_of(item, judged, run_id=self._run.id, samples=self._spec.samples, truncated=truncated)
        self.results[item.id] = result
        await self._keep(result)
        self._watch_losses(result, outcome.failure)

    async def _judged(self, item: EvaluationItem, answers: Sequence[Answer]) -> list[Answer]:
        """`answers` with their verdicts. Equal programs, frequent at low temperatures, are judged once."""
        programs = dict.fromkeys(answer.program for answer in answers if answer.awaits_verdict)
        if not programs:
            return list(answers)
        tests = await asyncio.to_thread(_tests_of, item)
        found = await asyncio.gather(*(self._verdict(item, tests, program) for program in programs))
        verdicts = dict(zip(programs, found, strict=True))
        return [
            Answer(completion=a.completion, program=a.program, verdict=verdicts[a.program]) if a.awaits_verdict else a
            for a in answers
        ]

    async def _verdict(self, item: EvaluationItem, tests: tuple[ItemTest, ...], program: str) -> Verdict:
        async with self._slots:
            try:
                return await self._grader.grade(item, tests, program)
            except (Unavailable, DeadlineExceeded) as error:
                _LOG.warning("verdict lost", run_id=self._run.id, item_id=item.id, problem=error.message[:500])
                return Verdict.IE

    def _watch_losses(self, result: ItemResult, failure: str) -> None:
        self._lost_in_a_row = 0 if result.samples else self._lost_in_a_row + 1
        if self._lost_in_a_row >= self._max_lost_items:
            cause = failure or "the judge gives no verdicts"
            message = f"{self._lost_in_a_row} items in a row got no verdict: {cause}"
            raise FailedPrecondition(message, reason="SAMPLES_LOST")


class _Crew:
    """Tasks of which the first error stops all, as itself and not in a group; a few may wait beside those at work."""

    _MOST = 16

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "_Crew":
        return self

    async def start(self, work: Awaitable[None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))
        await self._reap(leave=self._MOST)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._reap(leave=0)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reap(self, *, leave: int) -> None:
        """Looks at what is done, and waits until at most `leave` are not."""
        while True:
            finished = {task for task in self._tasks if task.done()}
            self._tasks -= finished
            for task in finished:
                task.result()
            if len(self._tasks) <= leave:
                return
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)


def _tests_of(item: EvaluationItem) -> tuple[ItemTest, ...]:
    try:
        tests = item.public_tests + hidden_tests(item.encoded_tests)
    except DatasetError as error:
        message = f"The data set cannot be used: line {item.line}, field private_test_cases: {error}."
        raise InvalidArgument(message, fields={"dataset": message}) from error
    if not tests:
        raise FailedPrecondition(f"The data set has no test for item {item.id} (line {item.line}).", reason="NO_TESTS")
    return tests


def _cut_off(completions: Sequence[Completion]) -> int:
    return sum(completion.truncated for completion in completions)
