"""The metrics are an interface: their declarations hold together."""

import re

import pytest

from microcoder.telemetry import Metric, Metrics


@pytest.mark.parametrize("metric", Metric, ids=lambda m: m.name)
def test_declarations_follow_the_conventions_of_prometheus(metric: Metric) -> None:
    spec = metric.value
    assert re.fullmatch(r"microcoder_[a-z][a-z0-9_]*", spec.name)
    assert (spec.kind == "counter") == spec.name.endswith("_total")
    assert (spec.kind == "histogram") == bool(spec.buckets)
    assert list(spec.buckets) == sorted(set(spec.buckets))
    assert spec.help.endswith(".")


def test_names_are_unique() -> None:
    assert len({metric.value.name for metric in Metric}) == len(Metric)


def test_what_is_written_is_scraped() -> None:
    metrics = Metrics(process=False)
    metrics.count(Metric.RPC_HANDLED, method="/a/B", code="OK")
    metrics.count(Metric.RPC_HANDLED, 2, method="/a/B", code="OK")
    metrics.set(Metric.READY, 1)
    with metrics.timed(Metric.BUS_SECONDS, topic="t"):
        pass
    assert metrics.value(Metric.RPC_HANDLED, method="/a/B", code="OK") == 3
    assert metrics.value(Metric.READY) == 1
    assert metrics.value(Metric.BUS_SECONDS, topic="t") == 1
    text = metrics.render().decode()
    assert 'microcoder_rpc_handled_total{code="OK",method="/a/B"} 3.0' in text
    assert 'microcoder_bus_handle_seconds_bucket{le="0.01",topic="t"} 1.0' in text


def test_labels_that_are_not_declared_are_refused() -> None:
    metrics = Metrics(process=False)
    with pytest.raises(ValueError, match="label"):
        metrics.count(Metric.RPC_HANDLED, method="/a/B")
    with pytest.raises(ValueError, match="label"):
        metrics.set(Metric.READY, 1, colour="green")


def test_two_registries_do_not_share() -> None:
    one, two = Metrics(), Metrics()
    one.set(Metric.READY, 1)
    assert two.value(Metric.READY) == 0
    assert b"process_cpu_seconds_total" in two.render()
