"""What is generated is fresh, the dashboards and alerts name metrics that are there, and the chart lints."""

import json
import re
from itertools import chain

import helm_python
import pytest

from microcoder.telemetry import Metric
from tools.chart.__main__ import generated

from .rendering import CHART, kinds, scenario

_FOREIGN = {"process_resident_memory_bytes", "process_cpu_seconds_total", "kube_pod_container_status_restarts_total"}
_NAMES = {metric.value.name for metric in Metric} | _FOREIGN
_SUFFIXES = re.compile(r"_(bucket|sum|count)$")
_LABELS_OF_SCRAPING = {"namespace", "job", "pod", "le"}


@pytest.mark.parametrize(("path", "text"), list(generated()), ids=lambda given: getattr(given, "name", ""))
def test_generated_files_are_fresh(path: object, text: str) -> None:
    assert getattr(path, "read_text")(encoding="utf-8") == text, "run `make helm-schema`"  # noqa: B009


def expressions() -> list[str]:
    dashboards = (
        target["expr"]
        for path in sorted((CHART / "dashboards").glob("*.json"))
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]
        for target in panel["targets"]
    )
    alerts = (
        rule["expr"]
        for found in kinds(scenario("production"), "PrometheusRule")
        for group in found["spec"]["groups"]
        for rule in group["rules"]
    )
    return list(chain(dashboards, alerts))


def test_dashboards_and_alerts_name_metrics_and_labels_that_are_there() -> None:
    specs = {metric.value.name: metric.value for metric in Metric}
    for expression in expressions():
        used = set(re.findall(r"\b(?:microcoder|process|kube)_\w+", expression))
        assert used, expression
        bare = {_SUFFIXES.sub("", name) if name not in _NAMES else name for name in used}
        assert bare <= _NAMES, expression
        allowed = _LABELS_OF_SCRAPING.union(*(specs[name].labels for name in bare if name in specs)) | {"reason"}
        grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
        assert grouped <= allowed, expression


def test_each_alert_has_its_section_in_the_operators_page() -> None:
    page = (CHART.parents[1] / "docs/operations.md").read_text(encoding="utf-8")
    for found in kinds(scenario("production"), "PrometheusRule"):
        for rule in chain.from_iterable(group["rules"] for group in found["spec"]["groups"]):
            assert f"### {rule['alert']}\n" in page
            assert rule["annotations"]["runbook_url"].endswith(f"#{rule['alert'].lower()}")


def test_helm_finds_nothing_to_say() -> None:
    lint = helm_python.lint(str(CHART))
    assert lint["errors"] == []
    assert [message["error"] for message in lint["messages"]] == ["icon is recommended"]
