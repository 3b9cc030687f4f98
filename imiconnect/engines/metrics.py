"""The figures of ``/metrics`` in the format of Prometheus."""

from collections.abc import Iterable

from prometheus_client import REGISTRY, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from imiconnect.engines.health import parts
from imiconnect.engines.ports import gauges


class PlatformCollector(Collector):
    """Health of every part, and the figures that the packages have registered."""

    def collect(self) -> Iterable[Metric]:
        """Read everything now."""
        up = GaugeMetricFamily("imiconnect_up", "1 when the part works.", labels=["part"])
        idle = GaugeMetricFamily(
            "imiconnect_idle_seconds", "Seconds since the last activity.", labels=["part"]
        )
        done = CounterMetricFamily(
            "imiconnect_queue_rows", "Rows that a queue has worked on.", labels=["part"]
        )
        failures = CounterMetricFamily(
            "imiconnect_queue_failures", "Failures of a queue's processor.", labels=["part"]
        )
        rate = GaugeMetricFamily(
            "imiconnect_queue_rows_per_second", "Rate of the last minute.", labels=["part"]
        )
        failed = GaugeMetricFamily(
            "imiconnect_queue_failed_seconds_ago",
            "Seconds since the last failure of a queue's processor, by its kind.",
            labels=["part", "error"],
        )
        for name, part in parts().items():
            up.add_metric([name], float(part.ready))
            if part.active_seconds_ago is not None:
                idle.add_metric([name], part.active_seconds_ago)
            if part.done is not None:
                done.add_metric([name], part.done)
                failures.add_metric([name], part.failures or 0)
                rate.add_metric([name], part.per_second or 0)
            if part.failed_seconds_ago is not None:
                failed.add_metric([name, part.last_error], part.failed_seconds_ago)
        yield from (up, idle, done, failures, rate, failed)
        for name, (help_text, read) in gauges.items():
            yield GaugeMetricFamily(f"imiconnect_{name}", help_text, value=read())

    def describe(self) -> Iterable[Metric]:
        """Name no figures in advance, so that registering asks nobody."""
        return ()


REGISTRY.register(PlatformCollector())


def as_text() -> bytes:
    """Return all figures of this process and of the platform, read now."""
    return generate_latest(REGISTRY)
