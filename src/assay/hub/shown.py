"""What pages show of a repo and a revision, as plain values: the same that the JSON twin of a page holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection

from assay.canonical import JSON
from assay.errors import NotFoundError
from assay.hub.accounts.roles import Role, role_over
from assay.hub.answers import revision_not_found
from assay.hub.call import Call
from assay.hub.judgement import Judged, judged, named_policy
from assay.policy import shipped
from assay.reports.story import flip_title, reason_text
from assay.reports.style import AXIS_NAMES, OUTCOME_WORDS, VERDICT_WORDS
from assay.store.evidence import Kept, Key, keys_of
from assay.store.git.reading import CommitRow, commit_row
from assay.store.git.refs import list_refs, resolve
from assay.store.repos import Repo

__all__ = [
    "STATUS_WORDS",
    "About",
    "about",
    "axes_of",
    "commit_of",
    "crumbs",
    "judgement_of",
    "kind_of",
    "plain_repo",
    "repo_of",
    "statement_of",
]

STATUS_WORDS = {
    "safe": "nothing found",
    "unscanned": "not examined",
    "queued": "waiting",
    "caution": "caution",
    "error": "not judged",
    "suspicious": "suspicious",
    "unsafe": "unsafe",
}
"""What pages call the status of a file, from mildest to worst."""
_MOST_REFS = 200
_WAITING = "Nobody has looked at this yet; an answer comes within seconds of a push."
_NOT_ASKED = "Nobody was asked to look at this revision: what is pushed to a branch is judged."


class About(NamedTuple):
    """The repo and the revision that a page is about."""

    revision: str
    """As the address names it."""
    commit: CommitRow
    values: dict[str, object]
    """`repo`, `revision` and `refs` for the template."""


def about(call: Call, connection: Connection) -> About:
    """Return what every page of a revision shows.

    Raises:
        RequestError: the repo has no such revision.
    """
    name = call.params.get("rev") or "main"
    try:
        commit = commit_row(connection, call.repo.id, resolve(connection, call.repo.id, name))
    except NotFoundError:
        raise revision_not_found(name) from None
    refs = [ref.name.removeprefix("refs/heads/").removeprefix("refs/tags/") for ref in
            list_refs(connection, call.repo.id)][:_MOST_REFS]  # fmt: skip
    values: dict[str, object] = {
        "repo": repo_of(call, connection),
        "revision": {"name": name, **commit_of(commit)},
        "refs": refs,
    }
    return About(name, commit, values)


def repo_of(call: Call, connection: Connection) -> dict[str, JSON]:
    """Return what pages show of the repo that the path names."""
    return {
        **plain_repo(call.repo),
        "may_write": call.caller.known and role_over(connection, call.caller, call.repo) >= Role.WRITE,
    }


def plain_repo(repo: Repo) -> dict[str, JSON]:
    """Return what pages show of any repo."""
    return {
        "name": repo.full_name,
        "owner": repo.owner,
        "short": repo.name,
        "type": repo.type.value,
        "path": repo.path,
        "api": f"/api/{repo.type}s/{repo.full_name}",
        "private": repo.private,
        "created": repo.created,
    }


def commit_of(row: CommitRow) -> dict[str, JSON]:
    """Return what pages show of a commit."""
    return {
        "commit": row.oid,
        "parent": row.parent,
        "time": row.time,
        "author": row.author,
        "title": row.title,
        "message": row.message,
        "files": row.files,
    }


def judgement_of(call: Call, commit: CommitRow) -> tuple[Judged, dict[str, JSON]]:
    """Return what is known of a commit, decided by the policy of the query, and what every page shows of it.

    Raises:
        RequestError: there is no such policy.
    """
    policy = named_policy(call.node, call.query("policy"))
    one = judged(call.node, call.repo.id, commit.oid, policy)
    with call.node.database.read() as connection:
        keys = {
            key.keyid: key for key in keys_of(connection, (name for kept in one.statements for name in kept.signers))
        }
    statements = [statement_of(kept, keys) for kept in one.statements]
    names = sorted({call.node.policy.name, *shipped()})
    values: dict[str, JSON] = {
        "axes": axes_of(one, statements),
        "verdict": _verdict(one),
        "policies": names,
        "state": one.state if one.attempt else None,
        "error": one.error,
        "judged": one.assessment is not None,
        "tool": one.scan["tool"] if one.scan else None,
        "dirhash": one.dirhash,
        "statements": statements,
    }
    return one, values


def axes_of(one: Judged, statements: Iterable[Mapping[str, JSON]]) -> list[JSON]:
    """Return the five axes in their fixed order, each with who says so."""
    by_digest = {said["digest"]: said for said in statements}
    waiting = None
    if one.assessment is None:
        waiting = _WAITING if one.attempt else _NOT_ASKED
        if one.state == "parked":
            waiting = f"It could not be judged: {one.error}"
    return [
        {
            "axis": state.axis.value,
            "name": AXIS_NAMES[state.axis.value],
            "outcome": state.outcome.value,
            "word": OUTCOME_WORDS[state.outcome.value],
            "reason": state.reason if waiting is None or state.statements else waiting,
            "findings": sum(1 for finding in state.findings if finding.outcome.value == "fail"),
            "by": [by_digest[digest] for digest in state.statements if digest in by_digest],
        }
        for state in one.dossier.axes
    ]


def statement_of(kept: Kept, keys: Mapping[str, Key]) -> dict[str, JSON]:
    """Return what pages show of a statement: what kind, by whom, and how far that counts here."""
    return {
        "digest": kept.digest,
        "kind": kind_of(kept.predicate_type),
        "type": kept.predicate_type,
        "signers": [
            {
                "keyid": keyid,
                "name": keys[keyid].name if keyid in keys else "",
                "own": keyid in keys and keys[keyid].own,
            }
            for keyid in kept.signers
        ],
        "own": kept.own,
        "pinned": kept.pinned,
        "foreign": kept.foreign,
        "received": kept.received,
    }


def kind_of(predicate_type: str) -> str:
    """Return the word for a predicate type: `assessment` for `urn:assay:assessment:v1`."""
    return predicate_type.removeprefix("urn:assay:").partition(":")[0]


def _verdict(one: Judged) -> dict[str, JSON]:
    said = one.verdict.to_json()
    outcome = said["outcome"]
    return {
        "policy": said["policy"],
        "outcome": outcome,
        "word": VERDICT_WORDS[outcome],
        "because": [{**reason, "text": reason_text(reason)} for reason in said["because"]],
        "flips": [{**flip, "title": flip_title(flip, outcome)} for flip in said["would_change_if"]],
    }


def crumbs(repo: Repo, revision: str, path: str) -> list[JSON]:
    """Return the way from the top of a revision to a path: names, and where each leads."""
    base = f"{repo.path}/tree/{quote(revision, safe='')}"
    parts = path.split("/") if path else []
    steps = [{"name": name, "path": f"{base}/{quote('/'.join(parts[: end + 1]))}"} for end, name in enumerate(parts)]
    return [{"name": repo.name, "path": base}, *steps]
