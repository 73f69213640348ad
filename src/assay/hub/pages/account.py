"""The page of a person or an organisation: its repos and, for an organisation, its members."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from assay.errors import RequestError
from assay.hub.accounts.roles import Role, role_in
from assay.hub.call import Call
from assay.hub.catalogue import Cursor, Wanted, find
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.store.tables import account, membership

__all__ = ["routes"]

_PAGE = 50
_MEMBERS = 500


def account_page(call: Call) -> Response:
    """Return the page of an account."""
    name = call.params["account"]
    after = Cursor.parse(call.query("after"))
    with call.node.database.read() as connection:
        columns = (account.c.id, account.c.name, account.c.kind, account.c.full_name, account.c.created)
        found = connection.execute(select(*columns).where(account.c.key == name.casefold())).first()
        if found is None:
            raise RequestError(404, f"There is nobody called {name[:100]!r} here.")
        rows, more = find(connection, call.visible, Wanted(owner=found.name), after=after, limit=_PAGE)
        others = select(account.c.name, account.c.full_name, membership.c.role).join(
            membership, membership.c.user_id == account.c.id
        )
        members = connection.execute(
            others.where(membership.c.organisation_id == found.id).order_by(account.c.key).limit(_MEMBERS)
        ).all()
        organisations = connection.execute(
            select(account.c.name, account.c.full_name, membership.c.role)
            .join(membership, membership.c.organisation_id == account.c.id)
            .where(membership.c.user_id == found.id)
            .order_by(account.c.key)
        ).all()
        role = role_in(connection, call.caller, found.name)
    return page(
        call,
        "account.html",
        account={"name": found.name, "kind": found.kind, "full_name": found.full_name, "created": found.created},
        repos=rows,
        members=[{"name": row.name, "full_name": row.full_name, "role": row.role} for row in members],
        organisations=[{"name": row.name, "full_name": row.full_name} for row in organisations],
        may_write=role >= Role.WRITE,
        may_administer=role >= Role.ADMIN,
        next=None if more is None else f"/{found.name}?after={more}",
    )


routes = [Route("GET", "/{account}", account_page, Needs.ANYONE)]
