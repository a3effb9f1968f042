"""Accepts any order of the lectures that respects every pair.

Called as `check_order.py input answer feedback_dir < output`; exit code 42 accepts and 43 rejects.
"""

import sys
from pathlib import Path

ACCEPT, REJECT = 42, 43


def complaint(count, pairs, solvable, words):
    """What is wrong with the output, empty where nothing is."""
    if words == ["impossible"]:
        return "an order exists" if solvable else ""
    if not solvable:
        return "no order exists"
    expected = {str(lecture) for lecture in range(1, count + 1)}
    if len(words) != count or set(words) != expected:
        return "not every lecture exactly once"
    place = {word: position for position, word in enumerate(words)}
    broken = next(((a, b) for a, b in pairs if place[a] > place[b]), None)
    return f"lecture {broken[0]} must come before lecture {broken[1]}" if broken else ""


def main():
    count, _, *rest = Path(sys.argv[1]).read_text().split()
    solvable = Path(sys.argv[2]).read_text().split() != ["impossible"]
    words = sys.stdin.read().split()
    problem = complaint(int(count), list(zip(rest[::2], rest[1::2])), solvable, words)
    if problem:
        (Path(sys.argv[3]) / "judgemessage.txt").write_text(problem + "\n")
    return REJECT if problem else ACCEPT


sys.exit(main())
