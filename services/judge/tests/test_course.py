"""Which tests are run after which, and which share a run."""

from collections.abc import Sequence

from microcoder.core.verdict import StopMode, TestResult, Verdict
from microcoder.judge.course import Course
from microcoder.judge.domain.stopping import CpuBudget
from microcoder.judge.sharing import Shared
from microcoder.judge.suites import InlineSuite, Test


def passed(ordinal: int) -> TestResult:
    return TestResult(ordinal=ordinal, name=str(ordinal), verdict=Verdict.AC)


class Runs:
    """Runs on record; tests in `wrong` fail alone, and give a result that is not right where they share a run."""

    def __init__(self, *, wrong: Sequence[int] = (), crash: int | None = None, room: int = 99) -> None:
        self.wrong, self.crash, self.room = wrong, crash, room
        self.log: list[list[int]] = []

    async def alone(self, ordinal: int) -> TestResult:
        self.log.append([ordinal])
        verdict = Verdict.WA if ordinal in self.wrong or ordinal == self.crash else Verdict.AC
        return TestResult(ordinal=ordinal, name=str(ordinal), verdict=verdict)

    async def shared(self, ordinals: Sequence[int]) -> Shared[TestResult]:
        self.log.append(list(ordinals))
        end = ordinals.index(self.crash) if self.crash in ordinals else len(ordinals)
        run = ordinals[: min(end, self.room)]
        accepted = [None if ordinal in self.wrong else passed(ordinal) for ordinal in run]
        return Shared(accepted=accepted, cut=end == len(ordinals))

    async def course(
        self, stop: StopMode, *, tests: int = 6, groups: str = "", most: int = 99, budget_ms: int = 0
    ) -> tuple[str, list[int]]:
        """Verdicts in order, a letter each; ordinals in the order in which they were told."""
        told: list[int] = []
        course = Course(
            suite=InlineSuite(
                [Test(name=str(i), input=b"", answer=b"", group=groups[i : i + 1]) for i in range(tests)]
            ),
            alone=self.alone,
            shared=self.shared,
            most=most,
            budget=CpuBudget(budget_ms),
            on_result=lambda result: told.append(result.ordinal),
        )
        results = await course.run(stop)
        assert [result.ordinal for result in results] == list(range(tests))
        return "".join(result.verdict.value[0] for result in results), told


async def test_all_tests_share_one_run() -> None:
    runs = Runs()
    verdicts, told = await runs.course(StopMode.ALL)
    assert verdicts == "A" * 6
    assert told == list(range(6))
    assert runs.log == [list(range(6))]


async def test_what_is_not_right_in_a_shared_run_is_judged_alone() -> None:
    runs = Runs(wrong=[1, 4])
    verdicts, told = await runs.course(StopMode.ALL)
    assert verdicts == "AWAAWA"
    assert sorted(told) == list(range(6))
    assert runs.log == [list(range(6)), [1], [4]]


async def test_behind_a_crash_every_test_is_judged_alone() -> None:
    runs = Runs(crash=3)
    verdicts, _ = await runs.course(StopMode.ALL)
    assert verdicts == "AAAWAA"
    assert runs.log == [list(range(6)), [3], [4], [5]]


async def test_behind_a_limit_the_tests_share_a_run_of_the_length_that_fits() -> None:
    runs = Runs(room=2)
    verdicts, _ = await runs.course(StopMode.ALL)
    assert verdicts == "A" * 6
    assert runs.log == [list(range(6)), [2, 3], [4, 5]]


async def test_a_long_suite_is_split() -> None:
    runs = Runs()
    await runs.course(StopMode.ALL, most=4)
    assert runs.log == [[0, 1, 2, 3], [4, 5]]


async def test_the_first_test_is_judged_alone_where_the_first_failure_stops() -> None:
    runs = Runs(wrong=[0])
    verdicts, told = await runs.course(StopMode.FIRST_FAIL)
    assert verdicts == "WSSSSS"
    assert told == [0]
    assert runs.log == [[0]]


async def test_nothing_is_told_of_tests_behind_the_first_failure() -> None:
    runs = Runs(wrong=[2, 4])
    verdicts, told = await runs.course(StopMode.FIRST_FAIL)
    assert verdicts == "AAWSSS"
    assert told == [0, 1, 2]
    assert runs.log == [[0], [1, 2, 3, 4, 5], [2]]


async def test_groups_stop_each_on_its_own() -> None:
    runs = Runs(wrong=[1])
    _, told = await runs.course(StopMode.FIRST_FAIL_PER_GROUP, groups="aaabbb")
    assert sorted(told) == [0, 1, 3, 4, 5]
    assert sorted(runs.log) == [[0], [1], [1, 2], [3, 4, 5]]


async def test_with_a_budget_no_run_is_shared() -> None:
    runs = Runs()
    await runs.course(StopMode.ALL, budget_ms=1000)
    assert runs.log == [[i] for i in range(6)]
