"""One judging for requests with the same id: a repeat joins it, or gets what it gave."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from microcoder.core.errors import InvalidArgument
from microcoder.core.verdict import JudgeReport, TestResult, Verdict
from microcoder.judge.judging import OnResult

Judging = Callable[[OnResult], Coroutine[None, None, JudgeReport]]


@dataclass(slots=True)
class _Shared:
    """A judging and those who wait for it."""

    fingerprint: bytes
    task: "asyncio.Task[JudgeReport]"
    results: list[TestResult]
    """So far, for those who come later."""
    listeners: list[OnResult] = field(default_factory=list)
    ended_s: float | None = None

    async def join(self, on_result: OnResult) -> JudgeReport:
        """The report. Leaving is free, but the last one who leaves ends the judging."""
        for result in self.results:
            on_result(result)
        self.listeners.append(on_result)
        try:
            return await asyncio.shield(self.task)
        finally:
            self.listeners.remove(on_result)
            if not self.listeners:
                self.task.cancel()


class SharedJudgings:
    """Judgings by request id, kept for `window_s` seconds after their end, the `max_kept` latest ones at most."""

    def __init__(
        self, *, window_s: float = 600.0, max_kept: int = 1024, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._window_s = window_s
        self._max_kept = max_kept
        self._clock = clock
        self._shared: OrderedDict[str, _Shared] = OrderedDict()

    async def report(self, request_id: str, fingerprint: bytes, judging: Judging, on_result: OnResult) -> JudgeReport:
        """The report of `judging`, or that of the same request before.

        Args:
            request_id: Chosen by the caller; empty to share with nobody.
            fingerprint: Of all that the request says.
            judging: Judges, and tells results as they come.
            on_result: Told all results, also those that came before this request.

        Raises:
            InvalidArgument: The id belongs to another request.
        """
        if not request_id:
            return await judging(on_result)
        self._forget_old()
        shared = self._shared.get(request_id)
        if shared is None or shared.task.cancelling():
            shared = self._begin(request_id, fingerprint, judging)
        elif shared.fingerprint != fingerprint:
            raise InvalidArgument(
                "the request id was used for another request; choose a new one",
                fields={"request_id": "belongs to another request"},
            )
        return await shared.join(on_result)

    def _begin(self, request_id: str, fingerprint: bytes, judging: Judging) -> _Shared:
        results: list[TestResult] = []

        def tell(result: TestResult) -> None:
            results.append(result)
            for listener in shared.listeners:
                listener(result)

        def end(task: "asyncio.Task[JudgeReport]") -> None:
            shared.ended_s = self._clock()
            if not _worth_keeping(task) and self._shared.get(request_id) is shared:
                del self._shared[request_id]

        shared = _Shared(fingerprint, asyncio.create_task(judging(tell)), results)
        shared.task.add_done_callback(end)
        self._shared[request_id] = shared
        self._shared.move_to_end(request_id)
        return shared

    def _forget_old(self) -> None:
        """Begun first, gone first; what is under way stays."""
        oldest = self._clock() - self._window_s
        excess = len(self._shared) - self._max_kept
        for request_id, shared in list(self._shared.items()):
            if shared.ended_s is not None and (excess > 0 or shared.ended_s < oldest):
                del self._shared[request_id]
                excess -= 1
            elif excess <= 0:
                break


def _worth_keeping(task: "asyncio.Task[JudgeReport]") -> bool:
    return not task.cancelled() and task.exception() is None and task.result().verdict is not Verdict.IE
