"""The benchmarks that models here were measured by, and the leaderboard of each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection
from starlette.responses import Response

from assay.errors import CorruptError, EvaluationError, RequestError
from assay.hub.boards import boards, figure, scores_in
from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.trusting import levels_of
from assay.store.results import Result, log_of, measured, results_of_benchmark

__all__ = ["routes"]

_MOST = 200
_MOST_LOGS = 40


def benchmarks(call: Call) -> Response:
    """List benchmarks with how many results each has."""
    with call.node.database.read() as connection:
        found = measured(connection, call.visible, limit=_MOST)
    rows = [{**_named(one.newest), "digest": one.digest, "results": one.results} for one in found]
    return page(call, "benchmarks.html", benchmarks=rows)


def leaderboard(call: Call) -> Response:
    """Return the leaderboard of one benchmark; only comparable results are ranked."""
    digest = call.digest("digest", "A benchmark is named by the SHA-256 of its manifest; all are at /benchmarks.")
    with call.node.database.read() as connection:
        results = results_of_benchmark(connection, call.visible, digest, limit=_MOST)
        if not results:
            raise RequestError(404, "No result here was measured by this benchmark.", hint="All are at /benchmarks.")
        scores, levels = _scores(connection, results), levels_of(connection, results)
    return page(
        call,
        "leaderboard.html",
        benchmark={**_named(results[0]), "digest": digest, **results[0].predicate["benchmark"]},
        boards=[one._asdict() for one in boards(results, scores, levels)],
        cut=len(results) == _MOST,
    )


def _named(one: Result) -> dict[str, object]:
    asked, metric = one.predicate["benchmark"], figure(one)
    return {
        "benchmark": asked["id"],
        "version": asked["version"],
        "benchmark_path": f"/benchmarks/{asked['manifest_digest']}",
        "metric": metric["name"],
        "direction": metric.get("direction", "higher"),
    }


def _scores(connection: Connection, results: list[Result]) -> Mapping[str, Mapping[str, Decimal]]:
    """Return the scores in the logs that are kept here; where there are many, or one cannot be read, fewer."""
    found = {}
    for one in results[:_MOST_LOGS]:
        try:
            log = log_of(connection, one)
            if log is not None:
                found[str(one.log)] = scores_in(log)
        except (CorruptError, EvaluationError):  # its page says so; here it is compared by its interval
            continue
    return found


routes = [
    Route("GET", "/benchmarks", benchmarks, Needs.ANYONE),
    Route("GET", "/benchmarks/{digest}", leaderboard, Needs.ANYONE),
]
