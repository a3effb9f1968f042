"""Grafana's dashboards, made of the registry of metrics: a panel cannot name a metric that is not there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from microcoder.telemetry import Metric

_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_HERE = 'namespace="$namespace"'


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph."""

    title: str
    expr: str
    """PromQL."""
    legend: str
    unit: str = "short"
    """Grafana's name of the unit."""


def rate(metric: Metric, by: str, where: str = "") -> str:
    """How fast a counter grows, per second."""
    return f"sum by ({by}) (rate({_name(metric, where)}[$__rate_interval]))"


def total(metric: Metric, by: str, how: str = "sum") -> str:
    """A gauge over all pods."""
    return f"{how} by ({by}) ({_name(metric)})"


def quantile(metric: Metric, by: str, q: float = 0.95) -> str:
    """Of a histogram."""
    buckets = f"{metric.value.name}_bucket{{{_HERE}}}"
    return f"histogram_quantile({q}, sum by (le, {by}) (rate({buckets}[$__rate_interval])))"


def _name(metric: Metric, where: str = "") -> str:
    return f"{metric.value.name}{{{', '.join(filter(None, (_HERE, where)))}}}"


DASHBOARDS: Mapping[str, tuple[str, tuple[Panel, ...]]] = {
    "pipeline": (
        "microcoder: pipeline",
        (
            Panel("Problems by stage, a second", rate(Metric.PROBLEMS, "stage"), "{{stage}}"),
            Panel("Rejected, by reason", rate(Metric.PROBLEMS, "reason", 'reason!=""'), "{{reason}}"),
            Panel(
                "Messages behind",
                f"sum by (group, topic) (max by (group, topic, partition) ({_name(Metric.BUS_LAG)}))",
                "{{group}} {{topic}}",
            ),
            Panel(
                "Messages by outcome, a second", rate(Metric.BUS_FINISHED, "topic, outcome"), "{{topic}} {{outcome}}"
            ),
            Panel("Dead letters, a second", rate(Metric.BUS_FINISHED, "topic", 'outcome="dead"'), "{{topic}}"),
            Panel("Time of a message, 95 %", quantile(Metric.BUS_SECONDS, "topic"), "{{topic}}", "s"),
            Panel("Failed attempts by error", rate(Metric.BUS_FAILED_ATTEMPTS, "topic, error"), "{{topic}} {{error}}"),
            Panel("In hand", total(Metric.BUS_IN_FLIGHT, "group"), "{{group}}"),
            Panel("Outbox failures, a second", rate(Metric.OUTBOX_FAILURES, "job"), "{{job}}"),
            Panel("Rebalances, a second", rate(Metric.BUS_REBALANCES, "group"), "{{group}}"),
        ),
    ),
    "services": (
        "microcoder: services",
        (
            Panel("Ready pods", total(Metric.READY, "job"), "{{job}}"),
            Panel("Calls by code, a second", rate(Metric.RPC_HANDLED, "job, code"), "{{job}} {{code}}"),
            Panel("Time of a call, 95 %", quantile(Metric.RPC_SECONDS, "method"), "{{method}}", "s"),
            Panel("Event loop's heartbeat", total(Metric.HEARTBEAT_AGE, "pod", "max"), "{{pod}}", "s"),
            Panel("Memory", f"process_resident_memory_bytes{{{_HERE}}}", "{{pod}}", "bytes"),
            Panel("CPU", f"rate(process_cpu_seconds_total{{{_HERE}}}[$__rate_interval])", "{{pod}}"),
            Panel("Versions", total(Metric.BUILD_INFO, "service, version"), "{{service}} {{version}}"),
            Panel("Kafka unavailable", rate(Metric.BUS_UNAVAILABLE, "group, error"), "{{group}} {{error}}"),
        ),
    ),
    "judge": (
        "microcoder: judge",
        (
            Panel("Verdicts, a second", rate(Metric.JUDGE_SUBMISSIONS, "verdict"), "{{verdict}}"),
            Panel("Submissions by language, a second", rate(Metric.JUDGE_SUBMISSIONS, "language"), "{{language}}"),
            Panel("Waiting submissions", total(Metric.JUDGE_QUEUE, "pod"), "{{pod}}"),
            Panel("Failures of the jail, a second", rate(Metric.JUDGE_SANDBOX_FAILURES, "reason"), "{{reason}}"),
            Panel("CPU time of a run, 95 %", quantile(Metric.JUDGE_RUN_CPU, "language"), "{{language}}", "s"),
            Panel("Memory of a run, 95 %", quantile(Metric.JUDGE_RUN_MEMORY, "language"), "{{language}}", "bytes"),
        ),
    ),
    "models": (
        "microcoder: models",
        (
            Panel("Training runs", total(Metric.TRAINING_RUNS, "state", "max"), "{{state}}"),
            Panel("Reward of the last step", total(Metric.TRAINING_REWARD, "run_id", "max"), "{{run_id}}"),
            Panel("LLM requests, a second", rate(Metric.LLM_REQUESTS, "model, outcome"), "{{model}} {{outcome}}"),
            Panel("Time of an LLM request, 95 %", quantile(Metric.LLM_SECONDS, "model"), "{{model}}", "s"),
            Panel("Tokens, a second", rate(Metric.LLM_TOKENS, "model, direction"), "{{model}} {{direction}}"),
            Panel("Answers that did not fit", rate(Metric.LLM_UNPARSED, "model"), "{{model}}"),
        ),
    ),
}


def render_all() -> Iterator[tuple[str, str]]:
    """File name and content of each dashboard."""
    for name, (title, panels) in DASHBOARDS.items():
        yield f"{name}.json", json.dumps(_dashboard(name, title, panels), indent=1, ensure_ascii=False) + "\n"


def _dashboard(name: str, title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    return {
        "uid": f"microcoder-{name}",
        "title": title,
        "tags": ["microcoder"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_datasource(), _namespace()]},
        "panels": [_panel(i, panel) for i, panel in enumerate(panels)],
    }


def _panel(i: int, panel: Panel) -> dict[str, Any]:
    datasource = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": i + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": datasource,
        "gridPos": {"x": i % _COLUMNS * _WIDTH, "y": i // _COLUMNS * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "datasource": datasource, "expr": panel.expr, "legendFormat": panel.legend}],
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}


def _namespace() -> dict[str, Any]:
    return {
        "name": "namespace",
        "type": "query",
        "label": "Namespace",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": f"label_values({Metric.BUILD_INFO.value.name}, namespace)",
        "refresh": 2,
    }
