"""Upload by browser: a plain form whose files are stored as they come, and one commit of all of them."""

from __future__ import annotations

from anyio import to_thread
from starlette.responses import Response

from assay.errors import AssayError, RequestError
from assay.hub.accounts.roles import Role
from assay.hub.answers import status_of
from assay.hub.call import Call
from assay.hub.committing import Draft, branch_ref, push
from assay.hub.form_files import FormFiles
from assay.hub.page import page, see_other, wants_page
from assay.hub.routing import Needs, Route
from assay.hub.shown import about
from assay.store.holdings import check_room

__all__ = ["routes"]

_MOST = 50 * 1000**3
"""Bytes of one form."""
_FOLDER = "folder"
_BATCH = 1024 * 1024


def show(call: Call) -> Response:
    """Return the form."""
    return _form(call)


async def take(call: Call) -> Response:
    """Take the form and lead to the files."""
    draft = Draft(call.node, call.repo, call.caller)
    form = FormFiles(call.request.headers.get("content-type", ""), draft, _place)
    await to_thread.run_sync(_check_room, call)
    try:
        held = bytearray()
        async for piece in call.pieces(_MOST):
            held += piece
            if len(held) >= _BATCH:
                batch, held = bytes(held), bytearray()
                await to_thread.run_sync(form.feed, batch)
        await to_thread.run_sync(form.feed, bytes(held))
        await to_thread.run_sync(_commit, call, draft, form)
    except AssayError as error:
        if not wants_page(call.request):
            raise
        return await to_thread.run_sync(_form, call, error)
    finally:
        await to_thread.run_sync(form.discard)
    return see_other(f"{call.repo.path}/tree/{call.params['rev'].replace('/', '%2F')}")


def _commit(call: Call, draft: Draft, form: FormFiles) -> None:
    form.finish()
    if not form.files:
        raise RequestError(400, "No file was chosen.")
    count = f"{form.files:,} file{'s' if form.files > 1 else ''}"
    draft.entitle(form.fields.get("summary", "").strip() or f"Upload {count} by browser")
    push(draft, branch_ref(call.params["rev"]))


def _check_room(call: Call) -> None:
    """Say no before the bytes come where it is clear that there is no room for them."""
    length = call.request.headers.get("content-length", "0")
    with call.node.database.read() as connection:
        check_room(connection, call.repo.owner, int(length) if length.isdigit() else 0, call.node.config.quota)


def _place(field: str, name: str, fields: dict[str, str]) -> str:
    """Return where a file goes; of a whole folder, the folder's own name is left out."""
    name = name.replace("\\", "/")
    if field == _FOLDER:
        name = name.partition("/")[2] or name
    below = fields.get("below", "").strip().strip("/")
    return f"{below}/{name}" if below else name


def _form(call: Call, error: AssayError | None = None) -> Response:
    with call.node.database.read() as connection:
        told = about(call, connection)
    if error is None:
        return page(call, "upload.html", told.values, wrong=None)
    return page(
        call, "upload.html", told.values, wrong=f"{error} {error.hint() or ''}".strip(), status=status_of(error)
    )


routes = [
    Route("GET", "/{repo}/upload/{rev}", show, Needs.WRITE),
    Route("POST", "/{repo}/upload/{rev}", take, Needs.WRITE, Role.WRITE),
]
