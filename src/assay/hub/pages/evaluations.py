"""What a model was shown to do: its results side by side, and each by itself with every sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import AssayError, ConflictError, CorruptError, EvaluationError, NotFoundError, RequestError
from assay.evals.answers import read_line
from assay.evals.benchmark import names
from assay.hub.answers import status_of
from assay.hub.boards import OUTCOMES, drawn, figure, sentence, shown
from assay.hub.call import Call
from assay.hub.forms import fields, wrong
from assay.hub.page import page, see_other
from assay.hub.pool_asking import ask, shown_requests
from assay.hub.routing import Needs, Route
from assay.hub.shown import about
from assay.hub.trusting import level_of, levels_of
from assay.store.repos import RepoType
from assay.store.results import Result, log_of, result_named, results_of_repo

__all__ = ["routes"]

_MOST = 200
_PAGE = 50
_LONGEST_FORM = 16 * 1024


def evaluations(call: Call, error: AssayError | None = None) -> Response:
    """Return the page of a repo's results, one row for each, whoever signed it; and what was asked for."""
    with call.node.database.read() as connection:
        told = about(call, connection)
        found = results_of_repo(connection, call.repo, limit=_MOST)
        levels = levels_of(connection, found)
        asked = shown_requests(connection, call.visible, now=call.node.now(), repo_id=call.repo.id)
    public = not call.repo.private and call.repo.gated is None and call.repo.type is RepoType.MODEL
    return page(
        call,
        "evaluations.html",
        told.values,
        status=200 if error is None else status_of(error),
        results=drawn([shown(one, levels[one.digest]) for one in found]),
        cut=len(found) == _MOST,
        requests=asked,
        benchmarks=names(),
        may_ask=public and call.caller.known,
        wrong="" if error is None else wrong(error),
    )


def request(call: Call) -> Response:
    """Ask others to run a benchmark, then show the page again."""
    sent = fields(call)
    try:
        ask(call.node, call.caller, call.repo, sent.get("revision", "main"), sent.get("benchmark", ""))
    except (ConflictError, RequestError) as error:
        if not call.caller.known:
            raise
        return evaluations(call, error)
    return see_other(f"{call.repo.path}/evaluations#asked")


def one_result(call: Call) -> Response:
    """Return the page of one result: what was measured, how sure it is, who ran it, and what was said."""
    digest = call.digest("digest", "A result is named by the SHA-256 of its envelope.")
    number = call.number("page", 1, 100_000)
    with call.node.database.read() as connection:
        told = about(call, connection)
        found = result_named(connection, call.repo, digest)
        level = level_of(connection, found)
        here = {one.digest: one for one in results_of_repo(connection, call.repo, limit=_MOST)}
        samples, fault = _samples(connection, found, number)
    predicate = found.predicate
    others = [
        {**one, "says": shown(here[one["digest"]], level)["says"] if one["digest"] in here else None}
        for one in level["others"]
    ]
    return page(
        call,
        "result.html",
        told.values,
        result=shown(found, level),
        sentence=sentence(found, predicate["benchmark"]["id"], level),
        others=others,
        predicate=predicate,
        metrics=predicate["metrics"],
        main=figure(found),
        signers=list(found.signers),
        samples=samples,
        fault=fault,
        number=number,
        more=len(samples) == _PAGE and number * _PAGE < predicate["samples"]["n_scheduled"],
    )


def log(call: Call) -> Response:
    """Return the sample log of a result, byte for byte."""
    digest = call.digest("digest", "A result is named by the SHA-256 of its envelope.")
    with call.node.database.read() as connection:
        found = result_named(connection, call.repo, digest)
        body = log_of(connection, found)
    if body is None:
        raise NotFoundError("the sample log of this result is not kept here")
    name = f'attachment; filename="{found.log}.jsonl"'
    return Response(body, media_type="application/jsonl", headers={"Content-Disposition": name})


def _samples(connection: Connection, one: Result, number: int) -> tuple[list[dict[str, JSON]], str]:
    """Return a page of the samples, and why there is none where the log cannot be read."""
    try:
        body = log_of(connection, one)
        return ([] if body is None else list(_page_of(body, number))), ""
    except (CorruptError, EvaluationError) as error:
        return [], str(error)


def _page_of(body: bytes, number: int) -> Iterator[dict[str, JSON]]:
    lines = islice(body.splitlines(keepends=True), (number - 1) * _PAGE, number * _PAGE)
    for place, raw in enumerate(lines, (number - 1) * _PAGE + 1):
        answer = read_line(raw, f"line {place} of the log")
        yield {
            "sample": answer.sample,
            "text": answer.text,
            "score": answer.score,
            "stop": answer.stop,
            "error": answer.error,
            "outcome": OUTCOMES.get(answer.score),
        }


routes = [
    Route("GET", "/{repo}/evaluations", evaluations, Needs.READ),
    Route("POST", "/{repo}/evaluations", request, Needs.READ, limit=_LONGEST_FORM),
    Route("GET", "/{repo}/evaluations/{digest}", one_result, Needs.READ),
    Route("GET", "/{repo}/evaluations/{digest}/log", log, Needs.READ),
]
