"""The data card of a release: what a person must know before using it, with the front matter that the Hub reads."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from microcoder.core.difficulty import Calibration
from microcoder.core.release import ReleasePolicy
from microcoder.scorer.domain.levels import DEFAULT_BOUNDARIES
from microcoder.scorer.domain.manifest import plain
from microcoder.scorer.domain.selection import Selected, Selection

CARD_PATH = "README.md"
DATA_PATH = "data/train-00000-of-00001.parquet"

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card_bytes(selection: Selection, policy: ReleasePolicy, *, calibration: Calibration | None) -> bytes:
    """The card as UTF-8 Markdown."""
    items = selection.selected
    parts = (
        _front_matter(items, policy),
        f"# {policy.name}",
        f"{len(items)} programming problems with tests that were run, for training by reinforcement learning with a "
        "judge as the reward. Cut by microcoder; `manifest.json` holds the exact inputs, rules and checksums.",
        "## Content",
        _table("Level", selection.level_counts),
        _table("Verification", Counter(item.verification.grade.value for item in items)),
        _table("Source", Counter(item.problem.source for item in items)),
        _table("Licence", Counter(item.problem.licence or "not stated" for item in items)),
        "Each problem keeps its source's licence; author and address are in its row.",
        "## Columns",
        _COLUMNS,
        "## How problems were chosen",
        f"```json\n{json.dumps(plain(asdict(policy)), indent=2, sort_keys=True)}\n```",
        _table("Left out by rule", selection.excluded) if selection.excluded else "No problem was left out.",
        "## Difficulty",
        _difficulty(items, calibration),
        "## Use",
        _USE,
        "## Known limits",
        _LIMITS,
    )
    return ("\n\n".join(parts) + "\n").encode()


def _front_matter(items: tuple[Selected, ...], policy: ReleasePolicy) -> str:
    languages = sorted({item.problem.language for item in items})
    size = next((name for limit, name in _SIZES if len(items) < limit), "n>1M")
    lines = [
        "---",
        f"pretty_name: {json.dumps(policy.name, ensure_ascii=False)}",
        "license: other",
        "license_name: per-problem",
        "task_categories:",
        "- text-generation",
        "language:",
        *(f"- {json.dumps(language)}" for language in languages),
        "size_categories:",
        f"- {size}",
        "tags:",
        "- code",
        "- competitive-programming",
        "- reinforcement-learning",
        "configs:",
        "- config_name: default",
        "  data_files:",
        "  - split: train",
        f"    path: {DATA_PATH}",
        "---",
    ]
    return "\n".join(lines)


def _table(title: str, counts: Mapping[str, int]) -> str:
    rows = (f"| {_cell(name)} | {count} |" for name, count in _most_first(counts))
    return "\n".join((f"| {title} | Problems |", "|---|---:|", *rows))


def _most_first(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _cell(text: str) -> str:
    # Sources and licences are words of strangers: they must not leave their cell.
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _difficulty(items: tuple[Selected, ...], calibration: Calibration | None) -> str:
    scorers = ", ".join(sorted({item.prediction.scorer for item in items}))
    text = (
        f"`overall` is the weighted mean of five dimensions, 1 to 5, as {scorers} scored the statements, averaged over "
        "several samples; weights and prompt are this project's own. "
    )
    if calibration is None:
        low, high = DEFAULT_BOUNDARIES.easy_below, DEFAULT_BOUNDARIES.hard_above
        return text + (
            f"`level` cuts it at {low:g} and {high:g}, which were found for another scorer and another target model: "
            "without a calibration, levels are a rough order."
        )
    return text + (
        f"`level` and `pass_rate` are for {calibration.model}: calibration {calibration.id} cuts the score at "
        f"{calibration.easy_below:.3g} and {calibration.hard_above:.3g}, from judged attempts on "
        f"{len(calibration.items)} problems. {calibration.message}".rstrip()
    )


_COLUMNS = """| Column | Meaning |
|---|---|
| `prompt` | Chat messages, ready for a chat template |
| `problem_id`, `revision` | What the judge knows the problem's tests by |
| `title`, `source`, `url`, `author`, `licence`, `published` | Where it comes from; `published` is null where unknown |
| `level` | `easy`, `medium` or `hard`, see below |
| `overall` | Predicted difficulty, 1 to 5 |
| `pass_rate` | Expected for the calibration's model, 0 to 1; null without a calibration |
| `grade` | `accepted`: right programs pass all tests; `proven`: and known wrong ones fail |
| `io_mode`, `language` | How programs get their input; language of the statement |
| `has_images` | Whether the statement refers to images, which are not here |
| `cpu_time_ms`, `memory_bytes` | Limits of one run |
| `tests`, `suite_digest` | Number of tests, and SHA-256 over them |
| `statement_digest` | SHA-256 of the statement's words |"""

_USE = """```python
from datasets import load_dataset

data = load_dataset("path/to/this/folder", split="train")
```

The folder goes into TRL's `GRPOTrainer` unchanged: `prompt` is conversational, and the reward function gets every other
column by name. Tests are not in the files; a microcoder judge runs them by `problem_id`."""

_LIMITS = """- A problem's tests are a sample of its inputs: a program that passes them may still be wrong.
- Difficulty is predicted from text; only a calibration ties it to a model, and only to that one.
- Statements may be older than a model's training data. `published` is there to filter by."""
