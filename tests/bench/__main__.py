"""Measures: `python -m tests.bench [PART ...] [options of the part]`; without a part, all with their defaults.

Figures are ratios against a peer or a bare floor in the same run, since absolute ones depend on the machine and on what
else it does. Nothing here passes or fails.
"""

import importlib
import sys

PARTS = ("bus", "store", "judge", "judge_lcb", "path")


def main(arguments: list[str]) -> int:
    parts = [argument for argument in arguments if argument in PARTS]
    options = [argument for argument in arguments if argument not in PARTS]
    if options and len(parts) != 1:
        print(f"Options belong to one part: name one of {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    for part in parts or PARTS:
        print(f"## {part}", file=sys.stderr)
        importlib.import_module(f"tests.bench.{part}").main(options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
