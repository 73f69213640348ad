"""Two results of one benchmark beside each other, sample by sample."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError, RequestError
from assay.evals.answers import Answer, read_line
from assay.evals.comparability import warnings_between
from assay.hub.boards import OUTCOMES, scores_in, shown, versus
from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.trusting import level_of
from assay.store.results import Result, log_of, results_of_benchmark

__all__ = ["routes"]

_MOST = 200
_MOST_SHOWN = 100


class _Side(NamedTuple):
    result: Result
    log: bytes


def compare(call: Call) -> Response:
    """Return what two models said where one did better than the other."""
    digest = call.digest("digest", "A benchmark is named by the SHA-256 of its manifest.")
    with call.node.database.read() as connection:
        known = results_of_benchmark(connection, call.visible, digest, limit=_MOST)
        first, second = (_side(connection, known, call.query(name)) for name in ("a", "b"))
        levels = [level_of(connection, side.result) for side in (first, second)]
    if first.result.comparability != second.result.comparability:
        raise RequestError(400, "These two were not asked the same way.", hint="Compare results of one leaderboard.")
    found = versus(
        (first.result.repo.full_name, second.result.repo.full_name), scores_in(first.log), scores_in(second.log)
    )
    differing = sorted((*found.first_only, *found.second_only))
    said = [_answers(side.log, set(differing[:_MOST_SHOWN])) for side in (first, second)]
    return page(
        call,
        "result_comparison.html",
        sides=[shown(side.result, level) for side, level in zip((first, second), levels, strict=True)],
        says=found.says,
        difference=found.difference,
        shared=found.shared,
        certain=found.certain,
        warnings=list(warnings_between(first.result.predicate, second.result.predicate)),
        differing=[{"sample": key, "sides": [_told(side[key]) for side in said]} for key in differing[:_MOST_SHOWN]],
        left=max(0, len(differing) - _MOST_SHOWN),
    )


def _side(connection: Connection, known: list[Result], digest: str) -> _Side:
    found = next((one for one in known if one.digest == digest), None)
    log = None if found is None else log_of(connection, found)
    if found is None or log is None:
        raise NotFoundError(f"there is no result {digest[:64]!r} of this benchmark whose answers are kept here")
    return _Side(found, log)


def _answers(log: bytes, wanted: set[str]) -> dict[str, Answer]:
    answers = (read_line(line, "a line of the log") for line in log.splitlines(keepends=True))
    return {one.sample: one for one in answers if one.sample in wanted}


def _told(answer: Answer) -> JSON:
    return {"text": answer.text, "score": answer.score, "outcome": OUTCOMES.get(answer.score)}


routes = [Route("GET", "/benchmarks/{digest}/compare", compare, Needs.ANYONE)]
