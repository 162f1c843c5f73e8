"""What the service counts, as Prometheus reads it. One registry for each application."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_WAITING: Final = (0, 1, 2)


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "sisyphus_callbacks",
            "Calls of runners, by what they said and how they were answered.",
            ["call", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "sisyphus_callback_seconds",
            "Time to answer a runner, commit included.",
            ["call"],
            registry=self._registry,
        )
        self._results = Counter(
            "sisyphus_results",
            "Results of cases: taken, late (after the end of the execution), rejected.",
            ["fate"],
            registry=self._registry,
        )

        self._notices = Counter(
            "sisyphus_webhook_attempts",
            "Attempts to tell a webhook: delivered, retried (it failed), given_up (the last one).",
            ["webhook", "fate"],
            registry=self._registry,
        )

        # looking a child up takes longer than counting
        self._of_call = cache(lambda call, status: self._calls.labels(call, str(status)))
        self._seconds_of = cache(self._seconds.labels)
        self._of_fate = cache(self._results.labels)
        for fate in ("taken", "late", "rejected"):
            self._of_fate(fate)  # none is 0, and no gap

    def record_call(self, call: str, status: int, seconds: float) -> None:
        self._of_call(call, status).inc()
        self._seconds_of(call).observe(seconds)

    def record_results(self, *, taken: int, rejected: int, late: bool) -> None:
        self._of_fate("late" if late else "taken").inc(taken)
        if rejected:
            self._of_fate("rejected").inc(rejected)

    def record_notification(self, webhook: str, fate: str) -> None:
        self._notices.labels(webhook, fate).inc()

    def observe(
        self, executions: Callable[[], Mapping[int, int] | None], expiries: Callable[[], int]
    ) -> None:
        """Ask these at each look: executions by status, None while the database is away; leases
        that ran out."""
        self._registry.register(_Looked(executions, expiries))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Looked(Collector):
    def __init__(
        self, executions: Callable[[], Mapping[int, int] | None], expiries: Callable[[], int]
    ) -> None:
        self._executions = executions
        self._expiries = expiries

    def describe(self) -> Iterator[Metric]:
        """Nothing: or registering would already ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """What this process counted is told also while the database is away."""
        answers = GaugeMetricFamily(
            "sisyphus_database_up",
            "Whether the database answered: 1, or 0, and then the next two are missing.",
        )
        numbers = self._executions()
        answers.add_metric([], int(numbers is not None))
        yield answers
        if numbers is not None:
            yield from self._of_rows(numbers)
        yield CounterMetricFamily(
            "sisyphus_lease_expiries",
            "Running executions closed because their runner fell silent.",
            value=self._expiries(),
        )

    @staticmethod
    def _of_rows(numbers: Mapping[int, int]) -> Iterator[Metric]:
        by_status = GaugeMetricFamily(
            "sisyphus_executions", "Executions by status.", labels=["status"]
        )
        for status, number in numbers.items():
            by_status.add_metric([str(status)], number)
        yield by_status
        yield GaugeMetricFamily(
            "sisyphus_queue_length",
            "Executions that wait for pytest to start.",
            value=sum(numbers.get(status, 0) for status in _WAITING),
        )
