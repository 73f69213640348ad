"""What a running hub counts, for Prometheus: requests, their time and bytes; work that waits. No names in it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Metrics:
    """The counters of one process. Safe to share between threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "assay_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "assay_request_seconds",
            "From request to the last byte.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sent = Counter("assay_sent_bytes", "Bytes of bodies sent.", registry=self.registry)
        self._received = Counter("assay_received_bytes", "Bytes of bodies taken.", ("route",), registry=self.registry)
        self._attempts = Gauge("assay_attempts", "Assessments by state.", ("state",), registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float, moved: tuple[int, int]) -> None:
        """Count one request: `moved` are bytes taken and sent; `route` is a row of the table, not an address."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._received.labels(route).inc(moved[0])
        self._sent.inc(moved[1])

    def attempts(self, by_state: dict[str, int]) -> None:
        """Show how much work waits, is done, or is parked."""
        for state in ("wanted", "done", "parked"):
            self._attempts.labels(state).set(by_state.get(state, 0))

    def text(self) -> bytes:
        """Return all of it in the text format that Prometheus reads."""
        return generate_latest(self.registry)
