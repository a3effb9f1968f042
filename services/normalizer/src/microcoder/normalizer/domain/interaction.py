"""Samples of interactive problems: `.interaction` files, which show a dialogue line by line.

A line that begins with `>` is written by the program, one that begins with `<` is read by it.
"""

from microcoder.core.problem import Sample
from microcoder.normalizer.domain.package import Package, below
from microcoder.normalizer.domain.policy import Policy

SUFFIX = ".interaction"


def dialogues(package: Package, policy: Policy) -> tuple[Sample, ...]:
    """The dialogues that the statement shows, by name; those that are too long or no UTF-8 are left out."""
    samples = []
    for path in below(package, "data/sample"):
        if path.endswith(SUFFIX) and package.size(path) <= policy.max_sample_bytes:
            try:
                lines = package.read(path).decode("utf-8-sig").splitlines()
            except UnicodeDecodeError:
                continue
            samples.append(
                Sample(
                    input=_said(lines, "<"),
                    output=_said(lines, ">"),
                    explanation="In order, `>` is written by the program and `<` is read by it:\n\n"
                    + "\n".join(["```", *lines, "```"]),
                )
            )
    return tuple(samples)


def _said(lines: list[str], mark: str) -> str:
    return "".join(f"{line[1:]}\n" for line in lines if line.startswith(mark))
