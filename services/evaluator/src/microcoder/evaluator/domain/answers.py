"""What a model answered to one item, and how that becomes the item's result.

A sample is lost where the endpoint or the judge could not serve it: it has the verdict IE, is left out of every figure
and is tried again. A completion that holds no program is wrong and has the verdict CE.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from microcoder.core.evaluation import ItemResult
from microcoder.core.solving import extract_code
from microcoder.core.verdict import Verdict
from microcoder.evaluator.domain.items import EvaluationItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer as the model gave it."""

    text: str
    """Untrusted."""
    truncated: bool
    """It hit the length limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One sample."""

    completion: str = ""
    program: str = ""
    verdict: Verdict = Verdict.IE

    @property
    def sampled(self) -> bool:
        """Whether the model was heard."""
        return self.verdict is not Verdict.IE or bool(self.completion)

    @property
    def awaits_verdict(self) -> bool:
        """Whether there is a program that the judge has not spoken on."""
        return self.verdict is Verdict.IE and bool(self.program)


def answer_of(completion: Completion) -> Answer:
    """The sample before it is judged; without a program there is nothing to judge."""
    program = extract_code(completion.text)
    verdict = Verdict.IE if program else Verdict.CE
    return Answer(completion=completion.text, program=program, verdict=verdict)


def answers_of(result: ItemResult) -> tuple[Answer, ...]:
    """The samples in a result."""
    parts = zip(result.completions, result.programs, result.verdicts, strict=True)
    return tuple(Answer(completion=text, program=program, verdict=verdict) for text, program, verdict in parts)


def is_complete(result: ItemResult | None, *, samples: int) -> bool:
    """Whether all `samples` have a verdict."""
    return result is not None and result.samples >= samples


def unsampled(result: ItemResult | None, *, samples: int) -> int:
    """How many of `samples` the model still has to answer."""
    return samples if result is None else samples - sum(answer.sampled for answer in answers_of(result))


def result_of(
    item: EvaluationItem, answers: Sequence[Answer], *, run_id: str, samples: int, truncated: int
) -> ItemResult:
    """The result of `item`; what lacks of `samples` is filled up with lost ones."""
    filled = [*answers, *[Answer()] * (samples - len(answers))]
    return ItemResult(
        id=f"{run_id}:{item.id}",
        run_id=run_id,
        item_id=item.id,
        platform=item.platform,
        level=item.level,
        samples=sum(answer.verdict is not Verdict.IE for answer in filled),
        passed=sum(answer.verdict is Verdict.AC for answer in filled),
        verdicts=tuple(answer.verdict for answer in filled),
        completions=tuple(answer.completion for answer in filled),
        programs=tuple(answer.program for answer in filled),
        truncated=truncated,
    )
