"""The style sheet, under an address that holds its digest."""

from __future__ import annotations

import gzip

from starlette.responses import Response

from assay.errors import NotFoundError
from assay.hub.call import Call
from assay.hub.page import static_file
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_KINDS = {"style.css": "text/css"}


def static(call: Call) -> Response:
    """Return a static file, which browsers keep for a year: another content has another address."""
    name = call.params["file"]
    if name not in _KINDS:
        raise NotFoundError(f"there is no static file {name[:100]!r}")
    body = static_file(name)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in call.request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
    return Response(body, media_type=_KINDS[name], headers=headers)


routes = [Route("GET", "/static/{digest}/{file}", static, Needs.ANYONE)]
