"""What this hub can say of a revision right now: state of the work, folded evidence, verdict, status of each file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from assay.canonical import JSON
from assay.dossier import ASSESSMENT, Dossier, Said, fold
from assay.errors import UsageError
from assay.finding import Axis, Confidence, Outcome, Severity
from assay.hub.node import Node
from assay.hub.recent import Recent
from assay.policy import Decision, Policy, Verdict, decide, load_policy, shipped
from assay.reports.answer import folded
from assay.store.attempts import Attempt, find
from assay.store.evidence import Kept, dirhash_of, said, statements_about
from assay.store.git.objects import Oid
from assay.store.git.reading import commit_row
from assay.store.git.rows import Objects
from assay.store.git.trees import files_in
from assay.store.repos import repo_by_id

__all__ = ["Judged", "assay_object", "judged", "named_policy", "repo_security", "security_of", "warning_of"]

_PICKLES = ("pickle", "zip")
_STATUSES = ("safe", "unscanned", "caution", "error", "suspicious", "unsafe", "queued")
"""Words of the clients, from mildest to worst; a file that waits has no other."""
_ISSUES = ("caution", "suspicious", "unsafe", "error")
_WAITING = "This revision has not been judged yet."


@dataclass(frozen=True, slots=True)
class Judged:
    """A revision and what is known of it."""

    state: str
    """`wanted`, `parked` or `done`; an earlier assessment may stand while it is to be judged by newer rules."""
    error: str | None
    """Why it is parked, or why the last try failed."""
    attempt: str | None
    """Key of the attempt, by which an administrator unparks it."""
    dirhash: str | None
    """What names the files; None while nobody has looked at them."""
    assessment: Said | None
    """The assessment that decides: the hub's own, else one by a pinned key."""
    scan: dict[str, JSON] | None
    """The `assay.scan/v1` object; None without an assessment."""
    dossier: Dossier
    verdict: Verdict
    statements: list[Kept]
    """Everything that was said about these files to readers of this repo, newest first."""


def named_policy(node: Node, name: str) -> Policy:
    """Return the policy that a request names: the hub's own, or one that ships; never a path.

    Raises:
        UsageError: there is no such policy.
    """
    if name in ("", node.policy.name):
        return node.policy
    if name not in shipped():
        raise UsageError(
            f"there is no policy {name[:100]!r}", hint=f"There are: {', '.join({node.policy.name, *shipped()})}."
        )
    return load_policy(name)


def judged(node: Node, repo_id: int, commit: Oid, policy: Policy | str | None = None) -> Judged:
    """Return what is known of a commit of a repo, decided by `policy`: the hub's own unless another one is named.

    Raises:
        UsageError: there is no such policy.
        PolicyError: it cannot be evaluated on what is known here.
        CorruptError: stored evidence changed.
    """
    rules = policy if isinstance(policy, Policy) else named_policy(node, policy or "")
    with node.database.read() as connection:
        attempt = find(connection, repo_id, commit)
        dirhash = dirhash_of(connection, repo_id, commit)
        kept = [] if dirhash is None else statements_about(connection, repo_id, dirhash)
        told = said(connection, kept)
        repo = repo_by_id(connection, repo_id)
    assessment = _deciding(told)
    scan = None
    if assessment is None:
        dossier = fold(dirhash or commit, told)
        verdict = decide(dossier, rules)
    else:
        found = folded(
            repo.full_name if repo else "",
            "hub",
            assessment,
            [one for one in told if one is not assessment],
            rules,
            isolation=attempt.isolation or "not isolated" if attempt else "not isolated",
            git_commit=commit,
            keyid=next(iter(assessment.signers), None),
            today=datetime.fromtimestamp(node.now(), UTC).date(),
        )
        dossier, verdict, scan = found.dossier, found.verdict, found.scan
    state, error, key = ("wanted", None, None) if attempt is None else (attempt.state, attempt.error, attempt.key)
    return Judged(state, error, key, dirhash, assessment, scan, dossier, verdict, kept)


def security_of(node: Node, repo_id: int, commit: Oid) -> dict[str, dict[str, JSON]]:
    """Return the `securityFileStatus` of each file of a commit, as clients read it, by path.

    `status` is `safe`, `caution`, `suspicious` or `unsafe`; `unscanned` where no check claims the file, `error` where
    it could not be read or judged, `queued` while it waits.
    """
    with node.database.read() as connection:
        attempt, predicate = _assessed(connection, repo_id, commit)
        if predicate is None:
            status = "error" if attempt is not None and attempt.state == "parked" else "queued"
            tree = commit_row(connection, repo_id, commit).tree
            message = attempt.error if attempt is not None and attempt.error else _WAITING
            return {path: _file(status, message, None) for path, _ in files_in(Objects(connection), tree)}
    return _by_file(predicate)


def repo_security(node: Node, repo_id: int, commit: Oid) -> dict[str, JSON]:
    """Return the `securityRepoStatus` of a commit: whether all is judged, and which files are not clean."""
    files = security_of(node, repo_id, commit)
    waiting = any(one["status"] == "queued" for one in files.values())
    issues = [{"path": path, "level": one["status"]} for path, one in files.items() if one["status"] in _ISSUES]
    return {"scansDone": not waiting, "filesWithIssues": issues}


def warning_of(node: Node, repo_id: int, commit: Oid) -> str | None:
    """Return the text of `X-HF-Warning` for a commit, `topic; message`; None where there is nothing to warn of."""
    return _WARNINGS.get(_stamp(node, repo_id, commit), lambda: _warning(judged(node, repo_id, commit), commit))


def assay_object(node: Node, repo_id: int, commit: Oid) -> dict[str, JSON]:
    """Return the `assay` object of a model's info: the five axes and the verdict in few words."""
    return dict(_OBJECTS.get(_stamp(node, repo_id, commit), lambda: _in_short(judged(node, repo_id, commit))))


def _warning(one: Judged, commit: Oid) -> str | None:
    secure = one.dossier.axis(Axis.SECURE)
    if one.assessment is None:
        parked = one.state == "parked"
        return _line("Assay", f"revision {commit[:12]} could not be judged: {one.error}") if parked else None
    if secure.outcome is Outcome.FAIL:
        return _line("Assay security", f"revision {commit[:12]}: {secure.reason}")
    if one.verdict.outcome is Decision.REFUSE:
        refused = f"revision {commit[:12]} is refused by the policy {one.verdict.policy}"
        return _line("Assay policy", f"{refused}: {one.verdict.because[0].say}")
    return None


def _in_short(one: Judged) -> dict[str, JSON]:
    waiting = None if one.assessment else one.error or _WAITING
    return {
        "state": one.state,
        "error": one.error,
        "dirhash": one.dirhash,
        "axes": {
            state.axis.value: {"outcome": state.outcome.value, "reason": waiting or state.reason}
            for state in one.dossier.axes
        },
        "verdict": {"policy": one.verdict.policy, "outcome": one.verdict.outcome.value},
        "statements": len(one.statements),
    }


_WARNINGS: Recent[str | None] = Recent()
_OBJECTS: Recent[dict[str, JSON]] = Recent()


def _stamp(node: Node, repo_id: int, commit: Oid) -> Hashable:
    """Return what all that is said of a commit follows from; reading it is much cheaper than folding it."""
    with node.database.read() as connection:
        attempt = find(connection, repo_id, commit)
        dirhash = dirhash_of(connection, repo_id, commit)
        kept = [] if dirhash is None else statements_about(connection, repo_id, dirhash)
    return (node.key.public.keyid, node.policy.name, repo_id, commit, attempt, dirhash, tuple(kept))


def _deciding(told: Iterable[Said]) -> Said | None:
    """Return the assessment that the dossier goes by."""
    trusted = [one for one in told if one.predicate_type == ASSESSMENT and one.trusted]
    return next((one for one in trusted if one.own), next(iter(trusted), None))


def _assessed(connection: Connection, repo_id: int, commit: Oid) -> tuple[Attempt | None, dict[str, JSON] | None]:
    dirhash = dirhash_of(connection, repo_id, commit)
    kept = [] if dirhash is None else statements_about(connection, repo_id, dirhash)
    deciding = _deciding(said(connection, [one for one in kept if one.predicate_type == ASSESSMENT]))
    return find(connection, repo_id, commit), None if deciding is None else deciding.predicate


def _by_file(predicate: Mapping[str, JSON]) -> dict[str, dict[str, JSON]]:
    found = {file["path"]: ("safe", "No check found anything.") for file in predicate["files"]}
    for path in predicate["not_examined"]:
        found[path] = ("unscanned", "No check reads this format.")
    for one in predicate["findings"]:
        path = one["file"]
        if one["axis"] == Axis.SECURE and path in found and (status := _status(one)) is not None:
            found[path] = max(found[path], (status, one["message"]), key=lambda said: _STATUSES.index(said[0]))
    for one in predicate["not_judged"]:
        if _STATUSES.index(found[one["file"]][0]) < _STATUSES.index("error"):
            found[one["file"]] = ("error", one["reason"])
    formats = {file["path"]: file["format"] for file in predicate["files"]}
    return {path: _file(*said, formats[path]) for path, said in found.items()}


def _status(finding: Mapping[str, JSON]) -> str | None:
    if finding["outcome"] == Outcome.PASS:
        return None
    if finding["outcome"] == Outcome.UNKNOWN:
        return "caution"
    rank = Severity(finding["severity"]).rank
    if rank >= Severity.HIGH.rank and finding["confidence"] == Confidence.HIGH:
        return "unsafe"
    return "suspicious" if rank >= Severity.MEDIUM.rank else "caution"


def _file(status: str, message: str, format_: str | None) -> dict[str, JSON]:
    """Return one status; nothing here looks for viruses, so nothing is said of them."""
    scan = {"status": status, "message": message} if format_ in _PICKLES else None
    return {"status": status, "message": message, "avScan": None, "pickleImportScan": scan}


def _line(topic: str, message: str) -> str:
    """Return a warning in one line of what a header can carry."""
    line = " ".join(f"{topic}; {message}".split())
    return "".join(char if " " <= char <= "~" else "?" for char in line)[:500]
