"""The form that makes a repo."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import ConflictError, UsageError
from assay.hub.accounts.roles import Role, role_in
from assay.hub.answers import forbidden, status_of
from assay.hub.call import Call
from assay.hub.forms import fields, wrong
from assay.hub.new_repo import new_repo
from assay.hub.page import page, see_other
from assay.hub.routing import Needs, Route
from assay.store.repos import RepoType
from assay.store.tables import account, membership

__all__ = ["routes"]

_TYPES = (RepoType.MODEL.value, RepoType.DATASET.value)


def show(call: Call) -> Response:
    """Return the empty form."""
    return _form(call, {"owner": call.query("owner") or call.caller.name, "type": call.query("type") or _TYPES[0]})


def make(call: Call) -> Response:
    """Make the repo and lead to its page, or return the form with what is wrong."""
    sent = fields(call)
    owner, name = sent.get("owner", ""), sent.get("name", "").strip()
    with call.node.database.read() as connection:
        if role_in(connection, call.caller, owner) < Role.WRITE:
            raise forbidden(f"You may not make repos of {owner[:100]}.")
    try:
        type_ = RepoType(sent.get("type", "")) if sent.get("type") in _TYPES else RepoType.MODEL
        made = new_repo(call.node, call.caller, type_, owner, name, private="private" in sent)
    except (UsageError, ConflictError) as error:
        return _form(call, {**sent, "name": name}, problem=wrong(error), status=status_of(error))
    return see_other(made.path)


def _form(call: Call, sent: Mapping[str, str], *, problem: str | None = None, status: int = 200) -> Response:
    with call.node.database.read() as connection:
        organisations = (
            select(account.c.name)
            .join(membership, membership.c.organisation_id == account.c.id)
            .where(membership.c.user_id == call.caller.id, membership.c.role != Role.READ.name.lower())
            .order_by(account.c.key)
        )
        owners: list[JSON] = [call.caller.name, *connection.execute(organisations).scalars()]
    chosen = {"owner": sent.get("owner", ""), "name": sent.get("name", ""), "type": sent.get("type", _TYPES[0]),
              "private": "private" in sent}  # fmt: skip
    return page(call, "new_repo.html", owners=owners, types=list(_TYPES), chosen=chosen, wrong=problem, status=status)


routes = [
    Route("GET", "/new", show, Needs.SIGNED_IN),
    Route("POST", "/new", make, Needs.SIGNED_IN, Role.WRITE, limit=64 * 1024),
]
