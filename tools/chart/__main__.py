"""Writes or checks what is generated in the chart: values.schema.json and the dashboards.

python -m tools.chart            write
python -m tools.chart --check    say whether all is fresh
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.chart.chart import Chart
from tools.chart.dashboards import render_all

CHART = Path(__file__).parents[2] / "helm/microcoder"


def generated() -> Iterator[tuple[Path, str]]:
    """Each file and what must lie there."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Chart.model_json_schema()}
    yield CHART / "values.schema.json", json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    for name, content in render_all():
        yield CHART / "dashboards" / name, content


def main() -> int:
    """Exit code 1 where something was to be checked and is stale."""
    stale = [(path, text) for path, text in generated() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" not in sys.argv[1:]:
        for path, text in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    for path, _ in stale:
        print(f"{path.relative_to(CHART.parents[1])} is stale; run `make helm-schema`", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
