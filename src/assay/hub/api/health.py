"""Whether the hub is well, for those who restart it, and its counters, for those who draw them."""

from __future__ import annotations

from sqlalchemy import func, select
from starlette.responses import Response

from assay import __version__
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.routing import Needs, Route
from assay.store.tables import attempt

__all__ = ["routes"]

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def healthz(call: Call) -> Response:
    """Answer 200 when the database and the content store can be read; the app answers 503 when they cannot."""
    with call.node.database.read() as connection:
        connection.execute(select(1)).scalar_one()
    call.node.blobs.has("0" * 64)
    return json_answer({"status": "ok", "version": __version__})


def metrics(call: Call) -> Response:
    """Return the counters of this process and the state of the work."""
    with call.node.database.read() as connection:
        rows = connection.execute(select(attempt.c.state, func.count()).group_by(attempt.c.state)).all()
    call.node.metrics.attempts({row.state: row[1] for row in rows})
    return Response(call.node.metrics.text(), media_type=_PROMETHEUS)


routes = [
    Route("GET", "/healthz", healthz, Needs.ANYONE),
    Route("GET", "/metrics", metrics, Needs.ANYONE),
]
