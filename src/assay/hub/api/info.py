"""What there is to know of one repo at one revision, and whether the caller may read or write it."""

from __future__ import annotations

from starlette.responses import Response

from assay.errors import UsageError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.gates import check_gate
from assay.hub.judgement import assay_object, repo_security, warning_of
from assay.hub.repo_facts import LISTED, RepoFacts, asked_fields
from assay.hub.revisions import commit_at
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_FIELDS = [*LISTED, "cardData", "model-index", "sdk", "siblings", "usedStorage"]


def info(call: Call) -> Response:
    """Return a repo's fields: the usual ones, or just those that `expand` names."""
    expand = call.queries("expand")
    if expand and (call.flag("blobs") or call.flag("securityStatus")):
        raise UsageError("expand cannot be used together with blobs or securityStatus")
    fields = asked_fields(call.repo.type, expand) or _FIELDS
    with call.node.database.read() as connection:
        commit = commit_at(connection, call)
        found = RepoFacts(connection, call.repo, commit).values(fields, blobs=call.flag("blobs"))
    if expand:
        return json_answer(found)
    found["assay"] = assay_object(call.node, call.repo.id, commit.oid)
    if call.flag("securityStatus"):
        found["securityRepoStatus"] = repo_security(call.node, call.repo.id, commit.oid)
    warning = warning_of(call.node, call.repo.id, commit.oid)
    return json_answer(found, headers={"X-HF-Warning": warning} if warning else None)


def auth_check(call: Call) -> Response:
    """Answer 200: who may not read the repo was refused before, and who may not have its files is refused here."""
    with call.node.database.read() as connection:
        check_gate(connection, call)
    return json_answer({})


routes = [
    Route("GET", "/api/{api_repo}", info, Needs.READ),
    Route("GET", "/api/{api_repo}/revision/{revision}", info, Needs.READ),
    Route("GET", "/api/{api_repo}/auth-check", auth_check, Needs.READ),
    Route("GET", "/api/{api_repo}/auth-check/write", auth_check, Needs.WRITE, Role.WRITE),
]
