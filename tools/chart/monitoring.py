"""Values of what Prometheus and Grafana read."""

from typing import Annotated, Literal

from pydantic import Field

from tools.chart.base import Labels, Values

Duration = Annotated[str, Field(pattern=r"^\d+[smh]$")]


class ServiceMonitor(Values):
    """Needs the Prometheus operator."""

    enabled: bool
    interval: Duration
    labels: Labels


class Thresholds(Values):
    """From when an alert fires."""

    dead_letters_for: Duration
    lag_messages: Annotated[int, Field(ge=1)]
    lag_for: Duration
    judge_internal_error_ratio: Annotated[float, Field(gt=0, lt=1)]
    reward_flat_for: Duration
    restarts: Annotated[int, Field(ge=1)]


class PrometheusRule(Values):
    """Alerts; needs the Prometheus operator."""

    enabled: bool
    labels: Labels
    severity: Literal["warning", "critical"]
    runbook_url: str
    thresholds: Thresholds


class Dashboards(Values):
    """ConfigMaps that Grafana's sidecar picks up."""

    enabled: bool
    labels: Labels
    annotations: Labels


class Monitoring(Values):
    """Metrics, alerts, dashboards."""

    service_monitor: ServiceMonitor
    prometheus_rule: PrometheusRule
    dashboards: Dashboards
