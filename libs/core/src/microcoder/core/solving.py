"""Asking a model to solve a problem, and taking the program out of its answer.

Calibration, training and evaluation must ask in the same words, else their pass rates do not compare.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from microcoder.core.problem import FunctionSpec, IoMode, Sample


class ChatMessage(TypedDict):
    """One message of a chat prompt, in the form that chat templates take."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a prompt tells about a problem."""

    title: str
    """Title."""
    statement: str
    """Markdown."""
    samples: tuple[Sample, ...] = ()
    """Examples to show."""
    io_mode: IoMode = IoMode.STDIO
    """How the program meets its input."""
    function: FunctionSpec | None = None
    """What is called, for function-call problems."""


_SYSTEM = "You solve programming problems in Python 3. Answer with one complete program in a single fenced code block."
_STDIO_FORMAT = "Read the input from standard input and write the answer to standard output."
_FUNCTION_FORMAT = "Complete `{entry}`. Do not read input and do not print; the function is called for you."

_WORKED_EXAMPLES: tuple[tuple[Task, str], ...] = (
    (
        Task(
            title="Product",
            statement="One line holds $a$ and $b$. Print their product.",
            samples=(Sample(input="3 5\n", output="15\n"),),
        ),
        "a, b = map(int, input().split())\nprint(a * b)\n",
    ),
    (
        Task(
            title="Last Word",
            statement="The first line holds $n$, each of the next $n$ lines a word. Print the one that sorts last.",
            samples=(Sample(input="2\nfig\nplum\n", output="plum\n"),),
        ),
        "n = int(input())\nwords = [input().strip() for _ in range(n)]\nprint(max(words))\n",
    ),
)

MAX_WORKED_EXAMPLES = len(_WORKED_EXAMPLES)


def solver_messages(task: Task, *, worked_examples: int = 0) -> list[ChatMessage]:
    """The chat prompt for `task`.

    Args:
        task: What to solve.
        worked_examples: How many solved tasks to put in front, 0 to `MAX_WORKED_EXAMPLES`.
    """
    messages: list[ChatMessage] = [{"role": "system", "content": _SYSTEM}]
    for example, program in _WORKED_EXAMPLES[:worked_examples]:
        messages.append({"role": "user", "content": render_task(example)})
        messages.append({"role": "assistant", "content": f"```python\n{program}```"})
    messages.append({"role": "user", "content": render_task(task)})
    return messages


def render_task(task: Task) -> str:
    """The user's part of the prompt: statement, samples, format instruction."""
    parts = [f"# {task.title}", task.statement.strip(), *_render_samples(task.samples)]
    if task.io_mode is IoMode.FUNCTION and task.function is not None:
        parts.append(_FUNCTION_FORMAT.format(entry=task.function.entry))
        if task.function.starter_code:
            parts.append(f"```python\n{task.function.starter_code.rstrip()}\n```")
    else:
        parts.append(_STDIO_FORMAT)
    return "\n\n".join(part for part in parts if part)


def _render_samples(samples: Sequence[Sample]) -> list[str]:
    return [
        f"Sample input {number}:\n```\n{sample.input.rstrip()}\n```\n"
        f"Sample output {number}:\n```\n{sample.output.rstrip()}\n```"
        for number, sample in enumerate(samples, start=1)
    ]


_FENCE = re.compile(r"^[ \t]*```([^\n`]*)\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_REASONING_END = "</think>"
_PYTHON_TAGS = frozenset({"", "python", "python3", "py"})


def extract_code(text: str) -> str:
    """The program in a model's answer, empty where there is none.

    The last closed fenced block after the reasoning wins; a block tagged as Python or not at all is preferred to one
    with another tag. An unclosed block is no program: it is cut off.
    """
    answer = text.rpartition(_REASONING_END)[2]
    blocks: list[tuple[str, str]] = _FENCE.findall(answer)
    for tag, body in reversed(blocks):
        if tag.strip().lower() in _PYTHON_TAGS:
            return body
    return blocks[-1][1] if blocks else ""
