"""The one object every report is made of, `assay.scan/v1`: its keys, their order, and how it is built.

schema        "assay.scan/v1"
tool          {name, version, rules}: which Assay said this, and the SHA-256 of the rules data it judged by
artifact      {name, source, dirhash, git_commit?, digest, files}
                name    the path or address as typed, so that commands can be repeated
                source  folder | file | snapshot | hub
                dirhash hex, or null while the digest of some file is not known
                digest  the weakest grade of any file: computed | claimed by upstream | not known
                files   [{path, size, sha256, digest, format, git_oid?}]
isolation     isolated | not isolated
axes          {secure, open, portable, evaluated, provenance}, each {outcome, reason, findings, statements}
                findings   how many fail
                statements digests of the statements the axis rests on
findings      [{rule, axis, outcome, severity, confidence, file, location, message, fix, detail, suppression?}]
                suppression {state: active | expired, reason, until, policy}: what the policy says of this finding;
                            while active it decides nothing
not_judged    [{file, reason}]: files of a known format that could not be read
not_examined  [path]: files that no check claims
verdict       {policy, outcome, because, would_change_if}
                because         [{name, kind: deny | require, outcome: refuse | undecided | admit, say, missing?,
                                statements?}]; `say` holds where the rule decides against
                would_change_if [{verdict, changes: [text]}]
packs         only where rule packs judged too: [{id, version, maker, digest, findings}], as `findings` above;
                theirs, in no axis, counted in none
statement     {digest, keyid}, keyid null while nothing is signed; null when there is no statement
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.revision import DigestGrade
from assay.canonical import JSON
from assay.finding import AXES, Outcome

__all__ = ["SCHEMA", "in_order", "is_suppressed", "scan_report"]

SCHEMA = "assay.scan/v1"

_GRADES = [grade.value for grade in DigestGrade]
_ORDER: dict[str, tuple[str, ...]] = {
    "": ("schema", "tool", "artifact", "isolation", "axes", "findings", "not_judged", "not_examined", "verdict",
         "statement"),
    "tool": ("name", "version", "rules"),
    "artifact": ("name", "source", "dirhash", "git_commit", "digest", "files"),
    "artifact.files": ("path", "size", "sha256", "digest", "format", "git_oid"),
    "axes": tuple(axis.value for axis in AXES),
    **{f"axes.{axis.value}": ("outcome", "reason", "findings", "statements") for axis in AXES},
    "findings": ("rule", "axis", "outcome", "severity", "confidence", "file", "location", "message", "fix", "detail",
                 "suppression"),
    "findings.suppression": ("state", "reason", "until", "policy"),
    "not_judged": ("file", "reason"),
    "verdict": ("policy", "outcome", "because", "would_change_if"),
    "verdict.because": ("name", "kind", "outcome", "say", "missing", "statements"),
    "verdict.would_change_if": ("verdict", "changes"),
    "statement": ("digest", "keyid"),
}  # fmt: skip


def scan_report(
    name: str,
    source: str,
    predicate: dict[str, JSON],
    axes: Mapping[str, dict[str, JSON]],
    verdict: dict[str, JSON],
    *,
    isolation: str,
    git_commit: str | None = None,
    statement: dict[str, JSON] | None = None,
) -> dict[str, JSON]:
    """Return the `assay.scan/v1` object of one assessment predicate, what its axes fold to, and the verdict on it.

    `axes` needs `outcome` and `reason` of each axis; `findings` is counted here, and `statements` is empty where
    absent. An axis that `axes` lacks is unknown. A reason may hold kind and name of its rule under `rule`.

    Raises:
        KeyError: the predicate is no assessment, or the verdict gives no reasons.
    """
    findings = predicate["findings"]
    artifact = {"name": name, "source": source, "files": predicate["files"], **_identity(predicate["files"])}
    if git_commit is not None:
        artifact["git_commit"] = git_commit
    scan = {
        "schema": SCHEMA,
        "tool": {**predicate["tool"], "rules": predicate["rules"]},
        "artifact": artifact,
        "isolation": isolation,
        "axes": {axis.value: _axis(axis.value, axes.get(axis.value, {}), findings) for axis in AXES},
        "findings": findings,
        "not_judged": predicate["not_judged"],
        "not_examined": predicate["not_examined"],
        "verdict": {**verdict, "because": [_flat(reason) for reason in verdict["because"]]},
        "statement": statement,
    }
    return in_order(scan)


def in_order(scan: dict[str, JSON]) -> dict[str, JSON]:
    """Return `scan` with the keys of the contract in its order and any others behind them, sorted."""
    ordered: dict[str, JSON] = _ordered("", scan)
    return ordered


def is_suppressed(finding: Mapping[str, JSON]) -> bool:
    """Whether the policy lives with a finding of a report for now."""
    mark = finding.get("suppression")
    return mark is not None and mark["state"] == "active"


def _ordered(place: str, value: JSON) -> JSON:
    if isinstance(value, list):
        return [_ordered(place, item) for item in value]
    if not isinstance(value, dict) or place not in _ORDER:
        return value
    known = _ORDER[place]
    keys = [key for key in known if key in value] + sorted(value.keys() - set(known))
    return {key: _ordered(f"{place}.{key}" if place else key, value[key]) for key in keys}


def _identity(files: list[dict[str, JSON]]) -> dict[str, JSON]:
    weakest = max((_GRADES.index(file["digest"]) for file in files), default=0)
    whole = all(file["sha256"] is not None for file in files)
    lines = (ManifestLine(file["path"], file["sha256"]) for file in files)
    return {"dirhash": dir_hash(lines) if whole else None, "digest": _GRADES[weakest]}


def _flat(reason: dict[str, JSON]) -> dict[str, JSON]:
    """Return a reason with the kind and name of its rule beside the rest, where `rule` held them."""
    flat = {key: value for key, value in reason.items() if key != "rule"}
    return {**reason.get("rule", {}), **flat}


def _axis(name: str, given: dict[str, JSON], findings: list[dict[str, JSON]]) -> dict[str, JSON]:
    failing = sum(1 for one in findings if one["axis"] == name and one["outcome"] == Outcome.FAIL)
    return {
        "outcome": given.get("outcome", Outcome.UNKNOWN.value),
        "reason": given.get("reason", "nothing was said about this"),
        "findings": failing,
        "statements": list(given.get("statements", [])),
    }
