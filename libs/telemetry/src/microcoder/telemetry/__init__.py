"""Logs, metrics and the admin port."""

from microcoder.telemetry.admin import AdminServer, AdminSettings
from microcoder.telemetry.health import Check, CheckResult, Heartbeat, Readiness
from microcoder.telemetry.logs import LogSettings, get_logger, setup_logging
from microcoder.telemetry.metrics import Metric, Metrics
from microcoder.telemetry.scrubbing import safe_text

__all__ = [
    "AdminServer",
    "AdminSettings",
    "Check",
    "CheckResult",
    "Heartbeat",
    "LogSettings",
    "Metric",
    "Metrics",
    "Readiness",
    "get_logger",
    "safe_text",
    "setup_logging",
]
