"""Predicate `urn:assay:assessment:v1`: what checks found in a revision, and what they could not judge."""

from __future__ import annotations

from collections.abc import Sequence

from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.revision import DigestGrade
from assay.canonical import JSON
from assay.errors import StatementError
from assay.finding import Axis, Confidence, Outcome, Severity
from assay.statements.fields import Field
from assay.statements.statement import Subject

__all__ = ["TYPE", "manifest", "validate", "validate_subjects"]

TYPE = "urn:assay:assessment:v1"

_GRADES = tuple(grade.value for grade in DigestGrade)
_AXES, _OUTCOMES = tuple(Axis), tuple(Outcome)
_SEVERITIES, _CONFIDENCES = tuple(Severity), tuple(Confidence)
_MAX_MESSAGE = 20_000
_MAX_RULE = 200
_OPTIONAL = ("file", "location", "fix")
_FINDING = dict.fromkeys(("rule", "axis", "outcome", "severity", "confidence", "message", *_OPTIONAL, "detail")).keys()


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "tool", "readers", "checks", "rules", "files", "findings", "facts", "not_judged", "not_examined",
        optional=("packs",),
    )  # fmt: skip
    tool = root["tool"].object("name", "version")
    tool["name"].text(most=200)
    tool["version"].text(most=200)
    for item in (*root["readers"].each(), *root["checks"].each()):
        item.text(most=200)
    root["rules"].hex()
    _files(root["files"])
    for item in root["findings"].each():
        _finding(item)
    root["facts"].mapping()
    for item in root["not_judged"].each():
        item.object("file", "reason")["file"].file_path()
        item["reason"].text(most=_MAX_MESSAGE)
    for item in root["not_examined"].each():
        item.file_path()
    for item in root["packs"].each(least=1) if "packs" in root else ():
        _pack(item)


def validate_subjects(predicate: dict[str, JSON], subjects: Sequence[Subject]) -> None:
    """Check that the files listed are the revision that is named.

    Raises:
        StatementError: the subject's dirHash is not that of the files.
    """
    lines = manifest(predicate)
    named = next((subject.digest["dirHash"] for subject in subjects if "dirHash" in subject.digest), None)
    if lines is None:
        if named is not None:
            raise StatementError("subject: a dirHash is named, but the digest of some file is not known")
    elif named != dir_hash(lines):
        raise StatementError(f"subject: the dirHash of the files listed is {dir_hash(lines)}, not {named}")


def manifest(predicate: dict[str, JSON]) -> tuple[ManifestLine, ...] | None:
    """Return path and sha256 of each file that a valid assessment lists; None when some digest is not known."""
    files = predicate["files"]
    if any(file["sha256"] is None for file in files):
        return None
    return tuple(ManifestLine(file["path"], file["sha256"]) for file in files)


def _files(files: Field) -> None:
    seen = set()
    for file in files.each():
        file.object("path", "size", "sha256", "digest", "format", optional=("git_oid",))
        path = file["path"].file_path()
        if path in seen:
            raise file["path"].fault(f"{path!a} is listed twice")
        seen.add(path)
        file["size"].count()
        file["format"].text(most=200)
        unknown = file["digest"].choice(_GRADES) == DigestGrade.NONE.value
        if unknown != (file["sha256"].value is None):
            raise file["sha256"].fault("is null where, and only where, the digest is not known")
        if not unknown:
            file["sha256"].hex()
        if "git_oid" in file:
            file["git_oid"].hex(40)


def _pack(pack: Field) -> None:
    """Check what one rule pack found: none of it passes anything, and all of it under the pack's own name."""
    pack.object("id", "version", "maker", "digest", "findings")
    for key in ("id", "version", "maker"):
        pack[key].text(most=200)
    pack["digest"].hex()
    for item in pack["findings"].each():
        _finding(item)
        item["outcome"].choice((Outcome.FAIL, Outcome.UNKNOWN))
        if not item["rule"].text().startswith(f"{pack['id'].value}/"):
            raise item["rule"].fault("is not a rule of this pack")


def _finding(finding: Field) -> None:
    if _is_in_order(finding.value):
        return
    finding.object(*_FINDING)
    finding["rule"].text(most=_MAX_RULE)
    finding["axis"].choice(_AXES)
    finding["outcome"].choice(_OUTCOMES)
    finding["severity"].choice(_SEVERITIES)
    finding["confidence"].choice(_CONFIDENCES)
    finding["message"].text(most=_MAX_MESSAGE)
    for key in _OPTIONAL:
        finding[key].optional_text(most=_MAX_MESSAGE)
    finding["detail"].mapping()


def _is_in_order(one: JSON) -> bool:
    """Say at once whether nothing is wrong with a finding: most of a long statement are, and fields take their time."""
    return (
        isinstance(one, dict)
        and one.keys() == _FINDING
        and isinstance(one["rule"], str)
        and 0 < len(one["rule"]) <= _MAX_RULE
        and isinstance(one["message"], str)
        and 0 < len(one["message"]) <= _MAX_MESSAGE
        and one["axis"] in _AXES
        and one["outcome"] in _OUTCOMES
        and one["severity"] in _SEVERITIES
        and one["confidence"] in _CONFIDENCES
        and all(one[key] is None or (isinstance(one[key], str) and len(one[key]) <= _MAX_MESSAGE) for key in _OPTIONAL)
        and isinstance(one["detail"], dict)
    )
