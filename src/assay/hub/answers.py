"""What goes back: JSON, lists with a link to the next page, refusals in the words that clients map to their errors."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import (
    AssayError,
    BudgetError,
    ClaimError,
    ConflictError,
    NoSpaceError,
    NotFoundError,
    PathError,
    ReadError,
    RequestError,
    StoreError,
    UsageError,
    VerificationError,
)
from assay.hub.call import Call

__all__ = [
    "entry_not_found",
    "forbidden",
    "header_text",
    "json_answer",
    "next_link",
    "nothing",
    "refusal",
    "repo_not_found",
    "revision_not_found",
    "status_of",
    "unauthorised",
]

BAD_CREDENTIALS = "Invalid credentials in Authorization header"
"""Clients take these very words for a wrong token, and anything else for a repo that is not there."""

_STATUS: tuple[tuple[type[AssayError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (ClaimError, 400),
    (NoSpaceError, 507),
    (BudgetError, 413),
    (ReadError, 400),
    (VerificationError, 400),
    (PathError, 422),
    (UsageError, 400),
    (StoreError, 503),
)


def json_answer(value: JSON, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def nothing(status: int = 204) -> Response:
    """Return an answer without a body."""
    return Response(b"", status)


def next_link(call: Call, **cursor: str) -> dict[str, str]:
    """Return the header that leads to the next page of a list."""
    query = [(name, text) for name, text in call.request.query_params.multi_items() if name not in cursor]
    path = call.request.scope["raw_path"].decode("ascii")
    address = f"{call.url}{path}?{urlencode([*query, *cursor.items()])}"
    return {"Link": f'<{address}>; rel="next"'}


def repo_not_found() -> RequestError:
    """Return the answer for a repo that is not there, or not for the caller: nobody can tell which."""
    return RequestError(404, "Repository not found", code="RepoNotFound")


def revision_not_found(revision: str) -> RequestError:
    """Return the answer for a revision that the repo does not have."""
    return RequestError(404, f"Invalid rev id: {revision[:200]}", code="RevisionNotFound")


def entry_not_found(path: str) -> RequestError:
    """Return the answer for a path that the revision does not have."""
    return RequestError(404, f"Entry not found: {path[:200]}", code="EntryNotFound")


def unauthorised(message: str = "This needs a signed-in account.") -> RequestError:
    """Return the answer for a caller who showed nothing."""
    return RequestError(401, message, hint="Sign in, or send a token.")


def forbidden(message: str) -> RequestError:
    """Return the answer for a caller who is known and may not."""
    return RequestError(403, message)


def status_of(error: AssayError) -> int:
    """Return the HTTP status that says what kind of error this is."""
    if isinstance(error, RequestError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def refusal(error: AssayError) -> Response:
    """Return an error as the client gets it: status, `X-Error-Code`, `X-Error-Message`, and JSON that says the same."""
    status = status_of(error)
    message = str(error) if not error.hint() else f"{error} {error.hint()}"
    headers = {"X-Error-Message": header_text(message)}
    if isinstance(error, RequestError) and error.code:
        headers["X-Error-Code"] = error.code
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="assay"'
    return json_answer({"error": message}, status, headers)


def header_text(text: str) -> str:
    """Return `text` as a header can carry it: one line of Latin letters, at most 500 of them."""
    return "".join(char if " " <= char <= "~" else "?" for char in " ".join(text.split()))[:500]
