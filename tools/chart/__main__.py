"""Writes or checks the chart's schema.

python -m tools.chart            write helm/microcoder/values.schema.json
python -m tools.chart --check    say whether it is fresh
"""

import json
import sys
from pathlib import Path

from tools.chart.chart import Chart

SCHEMA = Path(__file__).parents[2] / "helm/microcoder/values.schema.json"


def render() -> str:
    """The schema as it must lie there."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Chart.model_json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Exit code 1 where the schema is to be checked and is stale."""
    wanted = render()
    if "--check" not in sys.argv[1:]:
        SCHEMA.write_text(wanted, encoding="utf-8")
        return 0
    if SCHEMA.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{SCHEMA.name} is stale: the types in tools/chart have changed; run `make helm-schema`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
