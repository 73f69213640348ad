"""The first page: search, what changed lately, what this hub is, and how to push."""

from __future__ import annotations

from starlette.responses import Response

from assay.hub.call import Call
from assay.hub.catalogue import Wanted, find
from assay.hub.page import page
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_LATELY = 12


def home(call: Call) -> Response:
    """Return the first page."""
    with call.node.database.read() as connection:
        rows, _ = find(connection, call.visible, Wanted(), limit=_LATELY)
    return page(call, "home.html", repos=rows)


routes = [Route("GET", "/", home, Needs.ANYONE)]
