"""Who a token belongs to."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.routing import Needs, Route
from assay.store.tables import account, membership

__all__ = ["routes"]


def whoami(call: Call) -> Response:
    """Return the caller's account and organisations, as `hf auth whoami` shows them."""
    organisation = account.alias()
    with call.node.database.read() as connection:
        me = connection.execute(select(account).where(account.c.id == call.caller.id)).one()
        rows = connection.execute(
            select(organisation.c.name, organisation.c.full_name, membership.c.role)
            .join(membership, membership.c.organisation_id == organisation.c.id)
            .where(membership.c.user_id == me.id)
            .order_by(organisation.c.name)
        ).all()
    organisations = [
        {"type": "org", "name": row.name, "fullname": row.full_name, "roleInOrg": row.role, "isEnterprise": False}
        for row in rows
    ]
    scope = call.caller.scope.name.lower()
    return json_answer(
        {
            "type": "user",
            "id": str(me.id),
            "name": me.name,
            "fullname": me.full_name or me.name,
            "email": me.email,
            "emailVerified": False,
            "isPro": False,
            "canPay": False,
            "orgs": organisations,
            "auth": {"type": "access_token", "accessToken": {"displayName": "token", "role": scope}},
        }
    )


routes = [Route("GET", "/api/whoami-v2", whoami, Needs.SIGNED_IN)]
