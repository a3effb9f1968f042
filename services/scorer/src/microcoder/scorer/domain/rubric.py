"""What the scoring model is asked: five weighted dimensions, each from 1 to 5.

The paper (arXiv 2603.07779) states that an LLM scores five weighted dimensions and that three scorings are averaged. Of
the names only Algorithmic Thinking and Implementation are known, of weights, definitions and prompt nothing: those
below are this project's own, and configuration can replace them.
"""

import json
from dataclasses import asdict, dataclass

from microcoder.core.ids import digest_of
from microcoder.core.problem import Limits
from microcoder.core.solving import ChatMessage

MIN_SCORE = 1
MAX_SCORE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way in which a problem can be hard."""

    name: str
    """Key in the answer, lower_snake_case."""
    definition: str
    """What the score says, for the model."""
    weight: float
    """Share in the overall score; only the proportions count."""


DEFAULT_DIMENSIONS = (
    Dimension(
        name="comprehension",
        definition="how hard it is to understand what is asked, from a direct instruction to long, subtle rules",
        weight=0.15,
    ),
    Dimension(
        name="algorithmic_thinking",
        definition="how hard it is to find the algorithm, from plain simulation to combining several advanced ideas",
        weight=0.35,
    ),
    Dimension(
        name="implementation",
        definition="how much code and care a correct program takes, from a few lines to long programs with many cases",
        weight=0.25,
    ),
    Dimension(
        name="knowledge",
        definition="how much mathematics or special knowledge it takes, from school arithmetic to deep theorems",
        weight=0.15,
    ),
    Dimension(
        name="edge_cases",
        definition="how hard the limits and special cases are, from none to tight bounds that rule out the obvious way",
        weight=0.10,
    ),
)

DEFAULT_SYSTEM = """You rate how hard a programming contest problem is for an experienced programmer.
Score every dimension with a whole number: 1 trivial, 2 easy, 3 medium, 4 hard, 5 very hard.
{dimensions}
Answer with one JSON object and nothing else. Its keys: "rationale", one short sentence; then {keys}."""
_USER = "# {title}\n\n{statement}\n\nTime limit: {seconds:g} s. Memory limit: {mebibytes} MiB.\n\nRate this problem."
_CUT = "\n\n[…]\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """Dimensions and prompt."""

    dimensions: tuple[Dimension, ...] = DEFAULT_DIMENSIONS
    """In the order of the answer."""
    system: str = DEFAULT_SYSTEM
    """Template of the instruction; `{dimensions}` and `{keys}` are filled in."""
    max_statement_chars: int = 6_000
    """Longer statements lose their middle; the end often holds the limits."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the answer depends on, beside the model: scores compare only where it is equal."""
        parts = (self.system, _USER, self.max_statement_chars, [asdict(dimension) for dimension in self.dimensions])
        return digest_of(json.dumps(parts, sort_keys=True).encode())

    def overall(self, scores: dict[str, float]) -> float:
        """The weighted mean of a score for each dimension, 1 to 5."""
        total = sum(dimension.weight for dimension in self.dimensions)
        return sum(dimension.weight * scores[dimension.name] for dimension in self.dimensions) / total

    def messages(self, *, title: str, statement: str, limits: Limits) -> list[ChatMessage]:
        """The prompt for one problem."""
        lines = "\n".join(f"- {dimension.name}: {dimension.definition}." for dimension in self.dimensions)
        keys = ", ".join(f'"{dimension.name}"' for dimension in self.dimensions)
        system = self.system.replace("{dimensions}", lines).replace("{keys}", keys)
        user = _USER.format(
            title=title,
            statement=_shortened(statement.strip(), self.max_statement_chars),
            seconds=limits.cpu_time_ms / 1000,
            mebibytes=limits.memory_bytes // 2**20,
        )
        return [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        ]


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    tail = limit // 3
    return text[: limit - tail] + _CUT + text[-tail:]
