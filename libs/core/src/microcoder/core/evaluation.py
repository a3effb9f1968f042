"""Evaluation runs."""

from dataclasses import dataclass
from datetime import datetime

from microcoder.core.run import Progress, RunState
from microcoder.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec:
    """What to evaluate, on what and how."""

    dataset: str
    """LiveCodeBench-shaped JSON lines (may be gzipped), on the evaluator's machine."""
    model: str = ""
    """Model name at the endpoint; empty for the configured one."""
    endpoint: str = ""
    """OpenAI-compatible base URL; empty for the configured one."""
    checkpoint: str = ""
    """Folder of a checkpoint to sample from instead of an endpoint."""
    samples: int = 4
    """Completions per item (n)."""
    ks: tuple[int, ...] = (1,)
    """For which k pass@k is reported; each at most n."""
    temperature: float = 0.2
    """Sampling temperature."""
    max_tokens: int = 512
    """Longest completion, tokens."""
    published_from: datetime | None = None
    """Earliest contest date, inclusive."""
    published_to: datetime | None = None
    """Latest contest date, inclusive."""
    platforms: tuple[str, ...] = ()
    """Platforms to keep; empty keeps all."""
    levels: tuple[str, ...] = ()
    """Difficulties to keep; empty keeps all."""
    training_release_id: str = ""
    """Release that the model was trained on: items that share a problem with it refuse the run."""
    max_items: int = 0
    """Evaluate only the first items; 0 takes all."""
    worked_examples: int = 0
    """Worked examples in front of each prompt, for models too small to answer without."""
    seed: int = 0
    """Of sampling and bootstrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAtK:
    """One cell of the result table."""

    platform: str
    """Platform, or `all`."""
    level: str
    """Difficulty, or `all`."""
    items: int
    """Items in the cell."""
    k: int
    """Of pass@k."""
    value: float
    """Mean over the items of the unbiased estimate (Chen et al. 2021, arXiv 2107.03374)."""
    low: float
    """Lower end of the 95 % bootstrap interval over items."""
    high: float
    """Upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """One evaluation."""

    id: str
    """Run id."""
    spec: EvaluationSpec
    """What was asked for."""
    state: RunState = RunState.PENDING
    """Where it stands."""
    progress: Progress = Progress()
    """Items done."""
    message: str = ""
    """Why it failed."""
    model: str = ""
    """What was sampled from."""
    dataset_digest: str = ""
    """SHA-256 of the data set's bytes."""
    table: tuple[PassAtK, ...] = ()
    """Results by platform and level."""
    truncated_rate: float = 0.0
    """Share of completions that hit the length limit."""
    no_code_rate: float = 0.0
    """Share of completions without a program."""
    lost_samples: int = 0
    """Samples that the judge or the endpoint could not serve; left out, never counted as wrong."""
    created_time: datetime
    """When it was asked for."""
    finished_time: datetime | None = None
    """When it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """Results on one item."""

    id: str
    """`<run>:<item>`."""
    run_id: str
    """The run."""
    item_id: str
    """The data set's question id."""
    platform: str
    """Platform."""
    level: str
    """Difficulty."""
    samples: int
    """Completions that the judge gave a verdict on (n)."""
    passed: int
    """Those that passed all tests (c)."""
    verdicts: tuple[Verdict, ...] = ()
    """One per completion: CE where it holds no program, IE where it is lost."""
    completions: tuple[str, ...] = ()
    """What the model wrote, untrusted text."""
    programs: tuple[str, ...] = ()
    """Code taken out of each completion, empty where none was found."""
    truncated: int = 0
    """Completions that hit the length limit."""
