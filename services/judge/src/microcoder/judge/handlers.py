"""Bus: a normalised problem comes in, a verified or rejected one goes out."""

from microcoder.bus import Poison
from microcoder.core.errors import Unavailable
from microcoder.core.problem import Problem
from microcoder.core.timeline import Stage
from microcoder.core.verification import Verification
from microcoder.host import Runtime
from microcoder.judge.settings import JudgeServiceSettings
from microcoder.judge.verifying import Verifier
from microcoder.v1 import events_pb2 as pb


class VerifyProblem:
    """Handles `microcoder.problem.normalized.v1`."""

    def __init__(self, runtime: Runtime[JudgeServiceSettings], verifier: Verifier) -> None:
        self._runtime = runtime
        self._verifier = verifier

    async def __call__(self, event: pb.Event) -> None:
        """Verifies the problem, keeps the record and tells the others. A repeat gives the same record and tells again.

        Raises:
            Poison: Not an event of this topic.
            Unavailable: The judge or the store is in trouble; the message is tried again.
        """
        if event.WhichOneof("payload") != "problem_normalized":
            raise Poison(f"expected problem_normalized, got {event.WhichOneof('payload')}")
        payload = event.problem_normalized
        store = self._runtime.store
        problem = await store.problems.find(payload.problem_id)
        if problem is None or problem.revision < payload.revision:
            raise Unavailable(f"{payload.problem_id} is not in the store yet at revision {payload.revision}")
        if problem.revision > payload.revision:
            return  # stale: the newer revision has an event of its own
        if await self._rejected_by_others(problem):
            return
        known = await store.verifications.find(problem.id)
        if known is None or known.revision != problem.revision or known.suite_digest != problem.suite.digest:
            known = await self._verifier.verify(problem)
            if not await store.verifications.put_revision(known):
                return
        await self._tell(known)

    async def _rejected_by_others(self, problem: Problem) -> bool:
        return any(
            entry.stage is Stage.REJECTED and entry.revision == problem.revision and entry.actor != self._runtime.name
            for entry in await self._runtime.store.timeline.of(problem.id)
        )

    async def _tell(self, record: Verification) -> None:
        runtime = self._runtime
        facts = {
            "grade": record.grade.value,
            "accepted": f"{record.accepted_passed}/{record.accepted_total}",
            "wrong": f"{record.wrong_caught}/{record.wrong_total}",
            "guess_share": f"{record.guess_share:.2f}",
            "tier": record.tier,
            "judge_version": record.judge_version,
        }
        stage = Stage.REJECTED if record.reason else Stage.VERIFIED
        await runtime.note(record.id, record.revision, stage, record.message, reason=record.reason, details=facts)
        if record.reason:
            await runtime.publish(
                pb.ProblemRejected(
                    problem_id=record.id,
                    revision=record.revision,
                    service=runtime.name,
                    reason=record.reason,
                    message=record.message,
                )
            )
        else:
            await runtime.publish(pb.ProblemVerified(problem_id=record.id, revision=record.revision))
