"""Organisations and their members, for people who automate and for clients that ask who somebody is."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError, RequestError
from assay.hub.accounts.invitations import DAY, create_invitation, link_to
from assay.hub.accounts.organisations import (
    create_organisation,
    members,
    organisations_of,
    parse_role,
    remove_member,
    set_member,
)
from assay.hub.accounts.people import ORGANISATION, USER, Account, find_account, set_disabled
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, next_link, nothing
from assay.hub.call import Call
from assay.hub.routing import Needs, Route
from assay.store.repos import RepoType
from assay.store.tables import membership, repo

__all__ = ["routes"]

_PAGE = 500
_COUNTED = {RepoType.MODEL: "numModels", RepoType.DATASET: "numDatasets", RepoType.SPACE: "numSpaces"}


class _New(msgspec.Struct):
    name: str
    fullname: str = ""


class _Member(msgspec.Struct):
    role: str


class _Invitation(msgspec.Struct):
    role: str = "read"
    days: int = 7


class _HubInvitation(msgspec.Struct):
    admin: bool = False
    days: int = 7


class _Status(msgspec.Struct):
    disabled: bool


def create(call: Call) -> Response:
    """Make an organisation that the caller administers."""
    asked, founder = call.json(_New), call.caller.id
    assert founder is not None
    call.node.database.transact(
        lambda connection: create_organisation(
            connection, asked.name, founder, now=call.node.now(), full_name=asked.fullname, reserved=call.reserved
        )
    )
    return json_answer({"name": asked.name, "fullname": asked.fullname or asked.name}, 201)


def organisation_overview(call: Call) -> Response:
    """Say who an organisation is; only repos that the caller may see are counted."""
    with call.node.database.read() as connection:
        found = _account(connection, call.params["account"], ORGANISATION)
        query = select(func.count()).select_from(membership).where(membership.c.organisation_id == found.id)
        people = connection.execute(query).scalar_one()
        return json_answer({**_named(found, "name"), "numUsers": people, **_counts(connection, call, found)})


def user_overview(call: Call) -> Response:
    """Say who a person is and which organisations they are in; only repos that the caller may see are counted."""
    with call.node.database.read() as connection:
        found = _account(connection, call.params["user"], USER)
        orgs: list[JSON] = [
            {"name": one.name, "fullname": one.full_name or one.name, "avatarUrl": ""}
            for one in organisations_of(connection, found.id)
        ]
        counts = _counts(connection, call, found)
    return json_answer({**_named(found, "user"), "type": "user", "isPro": False, **counts, "orgs": orgs})


def list_members(call: Call) -> Response:
    """List the members of an organisation by name."""
    limit = call.number("limit", _PAGE, _PAGE)
    with call.node.database.read() as connection:
        found = _account(connection, call.params["account"], ORGANISATION)
        rows = members(connection, found.id, after=call.query("cursor")[:100], limit=limit + 1)
    listed: list[JSON] = [
        {"user": one.name, "fullname": one.full_name or one.name, "avatarUrl": "", "type": "user",
         "role": one.role.name.lower()}
        for one in rows[:limit]
    ]  # fmt: skip
    return json_answer(listed, headers=next_link(call, cursor=rows[limit - 1].name) if len(rows) > limit else None)


def put_member(call: Call) -> Response:
    """Take a person in, or give a member another role."""
    role = parse_role(call.json(_Member).role)

    def work(connection: Connection) -> None:
        found = _account(connection, call.params["account"], ORGANISATION)
        set_member(connection, found.id, call.params["user"], role)

    call.node.database.transact(work)
    return nothing()


def delete_member(call: Call) -> Response:
    """End a membership; the last administrator stays."""
    return _end(call, call.params["user"])


def leave(call: Call) -> Response:
    """End the caller's own membership; the last administrator stays."""
    return _end(call, call.caller.name)


def invite(call: Call) -> Response:
    """Make a link by which one person joins the organisation; it is shown this once."""
    asked = call.json(_Invitation)
    role = parse_role(asked.role)
    now, lifetime = call.node.now(), asked.days * DAY

    def work(connection: Connection) -> str:
        found = _account(connection, call.params["account"], ORGANISATION)
        return create_invitation(connection, now=now, organisation_id=found.id, role=role, lifetime=lifetime)

    return _link(call, call.node.database.transact(work), now + lifetime)


def invite_to_hub(call: Call) -> Response:
    """Make a link by which one person gets an account on the hub; it is shown this once."""
    asked = call.json(_HubInvitation)
    now, lifetime = call.node.now(), asked.days * DAY

    def work(connection: Connection) -> str:
        return create_invitation(connection, now=now, admin=asked.admin, lifetime=lifetime)

    return _link(call, call.node.database.transact(work), now + lifetime)


def put_status(call: Call) -> Response:
    """Shut a person out, or let them in again; their tokens count no more at once."""
    asked = call.json(_Status)
    if call.params["user"].casefold() == call.caller.name.casefold():
        raise RequestError(409, "You cannot shut yourself out.")

    def work(connection: Connection) -> None:
        set_disabled(connection, _account(connection, call.params["user"], USER).id, disabled=asked.disabled)

    call.node.database.transact(work)
    return nothing()


def _end(call: Call, person: str) -> Response:
    def work(connection: Connection) -> None:
        found = _account(connection, call.params["account"], ORGANISATION)
        remove_member(connection, found.id, person)

    call.node.database.transact(work)
    return nothing()


def _account(connection: Connection, name: str, kind: str) -> Account:
    found = find_account(connection, name, kind)
    if found is None:
        raise NotFoundError(f"there is no {kind} called {name[:100]!r} here")
    return found


def _named(found: Account, field: str) -> dict[str, JSON]:
    return {field: found.name, "fullname": found.full_name or found.name, "avatarUrl": ""}


def _counts(connection: Connection, call: Call, found: Account) -> dict[str, JSON]:
    query = select(repo.c.type, func.count()).where(repo.c.owner == found.name, call.visible).group_by(repo.c.type)
    counted = {RepoType(type_): number for type_, number in connection.execute(query)}
    return {name: counted.get(type_, 0) for type_, name in _COUNTED.items()}


def _link(call: Call, secret: str, expires: int) -> Response:
    answer: dict[str, JSON] = {"url": link_to(call.url, secret), "expires": expires}
    return json_answer(answer, 201, {"Cache-Control": "no-store"})


_ORGANISATION = "/api/organizations/{account}"

routes = [
    Route("POST", "/api/organizations", create, Needs.SIGNED_IN, Role.ADMIN),
    Route("GET", f"{_ORGANISATION}/overview", organisation_overview, Needs.ANYONE),
    Route("GET", f"{_ORGANISATION}/members", list_members, Needs.ANYONE),
    Route("PUT", f"{_ORGANISATION}/members/{{user}}", put_member, Needs.ACCOUNT_ADMIN, Role.ADMIN),
    Route("DELETE", f"{_ORGANISATION}/members/{{user}}", delete_member, Needs.ACCOUNT_ADMIN, Role.ADMIN),
    Route("POST", f"{_ORGANISATION}/leave", leave, Needs.SIGNED_IN, Role.ADMIN),
    Route("POST", f"{_ORGANISATION}/invitations", invite, Needs.ACCOUNT_ADMIN, Role.ADMIN),
    Route("POST", "/api/invitations", invite_to_hub, Needs.HUB_ADMIN, Role.ADMIN),
    Route("GET", "/api/users/{user}/overview", user_overview, Needs.ANYONE),
    Route("PUT", "/api/users/{user}/status", put_status, Needs.HUB_ADMIN, Role.ADMIN),
]
