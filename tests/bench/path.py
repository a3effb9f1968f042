"""The path in problems a second: import, normalize, prove, score, with an LLM endpoint that answers at once.

python -m tests.bench path [--problems 100] [--kafka] [--json]
"""

import argparse
import json
import random
import string
import tempfile
import time
from pathlib import Path

from microcoder.testing.openai import ScriptedOpenAI
from microcoder.testing.platform import Platform


def write_package(folder: Path, number: int) -> None:
    """A small package with a statement of its own, three tests, one right and one wrong program."""
    letters = random.Random(number).choices(string.ascii_lowercase, k=360)
    words = ["".join(letters[i : i + 6]) for i in range(0, len(letters), 6)]
    files = {
        "problem.yaml": f"name: Sum {number}\nlicense: cc by-sa\n",
        "problem_statement/problem.en.md": f"# Sum {number}\n\n{' '.join(words)}.\n\nPrint the sum of two integers.\n",
        "submissions/accepted/sum.py": "print(sum(map(int, input().split())))\n",
        "submissions/wrong_answer/product.py": "a, b = map(int, input().split())\nprint(a * b)\n",
    }
    for test in range(3):
        name = "sample/1" if test == 0 else f"secret/{test}"
        files[f"data/{name}.in"] = f"{number} {test + 3}\n"
        files[f"data/{name}.ans"] = f"{number + test + 3}\n"
    for path, text in files.items():
        target = folder / f"sum-{number}" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def measure(problems: int, *, kafka: bool) -> dict[str, float]:
    """Seconds from the import to the last score, and problems a second."""
    with tempfile.TemporaryDirectory() as name, ScriptedOpenAI() as llm:
        folder = Path(name)
        for number in range(1, problems + 1):
            write_package(folder / "packages", number)
        platform = Platform(folder / "state", llm, *(["--kafka"] if kafka else []))
        try:
            started = time.perf_counter()
            platform.cli("import", str(folder / "packages"), "--source", "bench")
            imported = time.perf_counter() - started
            platform.wait(lambda: platform.settled(problems), 1800, "all problems to be scored")
            total = time.perf_counter() - started
        finally:
            platform.stop()
    return {"problems": problems, "import_s": imported, "total_s": total, "problems_per_s": problems / total}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--kafka", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = {"embedded": measure(options.problems, kafka=False)}
    if options.kafka:
        figures["kafka"] = measure(options.problems, kafka=True)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for bus, found in figures.items():
        print(
            f"{bus}: {found['problems']:.0f} problems in {found['total_s']:.1f} s "
            f"({found['problems_per_s']:.2f} a second; import {found['import_s']:.1f} s)"
        )


if __name__ == "__main__":
    main()
