"""The report for code scanning: SARIF 2.1.0; what is unknown stands as open results and as notifications."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.finding import Outcome
from assay.reports.escape import visible
from assay.reports.scan import in_order
from assay.reports.story import place
from assay.reports.style import RuleNote, Style

__all__ = ["render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
"""`security-severity` as code scanning reads it: a number above 0 and up to 10, as text."""
_SPOT = re.compile(r"(?P<unit>offset|line) (?P<at>[0-9]{1,15})")


def render(scan: dict[str, JSON], style: Style) -> str:
    """Return a SARIF log of one run; `style.rules` adds titles, pages and severities to the rules."""
    scan = in_order(scan)
    failing = [one for one in scan["findings"] if one["outcome"] != Outcome.PASS]
    theirs = [(pack, one) for pack in scan.get("packs", ()) for one in pack["findings"]]
    ids = sorted({one["rule"] for one in scan["findings"]} | style.rules.keys() | {one["rule"] for _, one in theirs})
    index = {rule: at for at, rule in enumerate(ids)}
    run = {
        "tool": {"driver": _driver(scan, [_rule(rule, style.rules.get(rule)) for rule in ids]), **_extensions(scan)},
        "automationDetails": {"id": f"assay/{_uri(scan['artifact']['name'])}"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the artifact"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(scan)],
        "artifacts": _artifacts(scan, failing),
        "results": [_result(one, index[one["rule"]], nth) for one, nth in _numbered(failing)]
        + [_of_pack(pack, one, index[one["rule"]], nth) for (pack, one), nth in _numbered_theirs(theirs)],
        "properties": {key: scan[key] for key in ("axes", "verdict", "isolation", "statement")}
        | {"dirhash": scan["artifact"]["dirhash"], "digest": scan["artifact"]["digest"]},
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(_seen(log), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _driver(scan: dict[str, JSON], rules: list[JSON]) -> JSON:
    tool = scan["tool"]
    return {"name": tool["name"], "version": tool["version"], "rules": rules,
            "properties": {"rulesDigest": tool["rules"]}}  # fmt: skip


def _extensions(scan: dict[str, JSON]) -> dict[str, JSON]:
    """Name each rule pack as what it is, whether it found something or not."""
    packs = [
        {"name": pack["id"], "version": pack["version"], "organization": pack["maker"],
         "properties": {"digest": pack["digest"]}}
        for pack in scan.get("packs", ())
    ]  # fmt: skip
    return {"extensions": packs} if packs else {}


def _rule(rule: str, note: RuleNote | None) -> JSON:
    if note is None:
        return {"id": rule}
    score = _SCORES.get(note["severity"]) if rule.startswith("SEC") else None
    return {
        "id": rule,
        "shortDescription": {"text": _text(note["title"])},
        "help": {"text": _text(note["page"], lines=True), "markdown": note["page"]},
        "defaultConfiguration": {"level": _LEVELS.get(note["severity"], "none")},
        **({"properties": {"security-severity": score, "tags": ["security"]}} if score else {}),
    }


def _invocation(scan: dict[str, JSON]) -> JSON:
    notes = [
        {
            "level": "error",
            "message": {"text": _text(f"not judged: {item['reason']}")},
            "locations": [_location(item["file"])],
        }
        for item in scan["not_judged"]
    ]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _artifacts(scan: dict[str, JSON], failing: list[dict[str, JSON]]) -> JSON:
    """Only files that the run speaks of."""
    named = {one["file"] for one in failing} | {item["file"] for item in scan["not_judged"]}
    return [_artifact(file) for file in scan["artifact"]["files"] if file["path"] in named]


def _artifact(file: dict[str, JSON]) -> JSON:
    known = {"hashes": {"sha-256": file["sha256"]}} if file["sha256"] else {}
    return {"location": {"uri": _uri(file["path"]), "uriBaseId": _ROOT}, "length": file["size"], **known,
            "properties": {"format": file["format"], "digest": file["digest"]}}  # fmt: skip


def _numbered(findings: list[dict[str, JSON]]) -> Iterable[tuple[dict[str, JSON], int]]:
    """Each finding with how many alike came before it, so that two of them never share a fingerprint."""
    seen: dict[str, int] = {}
    for one in findings:
        key = _identity(one)
        seen[key] = seen.get(key, 0) + 1
        yield one, seen[key] - 1


def _identity(one: dict[str, JSON]) -> str:
    """What stays the same when lines and offsets move."""
    member = _spot(one["location"]).member
    told = [one["rule"], one["outcome"], one["file"], member, one["message"]]
    return sha256_hex(canonical_json([None if text is None else visible(text) for text in told]))


def _result(one: dict[str, JSON], index: int, nth: int) -> JSON:
    failing = one["outcome"] == Outcome.FAIL
    text = one["message"] + (f" Fix: {one['fix']}" if one["fix"] else "")
    return {
        "ruleId": one["rule"],
        "ruleIndex": index,
        "kind": "fail" if failing else "open",
        "level": _LEVELS.get(one["severity"], "warning") if failing else "none",
        "message": {"text": _text(text)},
        "locations": [_location(one["file"], one["location"])],
        "partialFingerprints": {"assayFinding/v1": f"{_identity(one)}:{nth}"},
        "properties": {key: one[key] for key in ("axis", "severity", "confidence", "location", "detail")},
        **_suppressions(one),
    }


def _suppressions(one: dict[str, JSON]) -> dict[str, JSON]:
    """What the policy says of a finding; a suppression that has expired is a rejected one (SARIF 2.1.0, 3.35)."""
    mark = one.get("suppression")
    if mark is None:
        return {}
    active = mark["state"] == "active"
    words = f"{mark['reason']} (policy {mark['policy']}, {'until' if active else 'expired after'} {mark['until']})"
    return {"suppressions": [{"kind": "external", "status": "accepted" if active else "rejected",
                              "justification": visible(words)}]}  # fmt: skip


def _numbered_theirs(theirs: list[tuple[JSON, JSON]]) -> Iterable[tuple[tuple[JSON, JSON], int]]:
    numbered = _numbered([one for _, one in theirs])
    return (((pack, one), nth) for (pack, _), (one, nth) in zip(theirs, numbered, strict=True))


def _of_pack(pack: dict[str, JSON], one: dict[str, JSON], index: int, nth: int) -> JSON:
    """What a rule pack found is for a person to review: it fails nothing by itself."""
    theirs = {"pack": {key: pack[key] for key in ("id", "version", "maker", "digest")}}
    result = _result(one, index, nth)
    return {**result, "kind": "review", "level": "none", "properties": {**result["properties"], **theirs}}


class _Spot(NamedTuple):
    """A finding's location taken apart."""

    member: str | None
    region: JSON


def _spot(location: str | None) -> _Spot:
    """Read `member NAME`, `offset N`, `line N` or `member NAME, offset N`; a region only where it is the file's own."""
    whole = location or ""
    if whole.startswith("member "):
        name, _, rest = whole.removeprefix("member ").rpartition(", ")
        return _Spot(name if name and _SPOT.fullmatch(rest) else whole.removeprefix("member "), None)
    found = _SPOT.fullmatch(whole)
    if found is None:
        return _Spot(None, None)
    at = int(found["at"])
    if found["unit"] == "line":
        return _Spot(None, {"startLine": at} if at else None)
    return _Spot(None, {"byteOffset": at, "byteLength": 1})


def _location(file: str | None, location: str | None = None) -> JSON:
    region = _spot(location).region
    physical = {"artifactLocation": {"uri": _uri(file) if file else ".", "uriBaseId": _ROOT}}
    made: dict[str, JSON] = {"physicalLocation": physical | ({"region": region} if region else {})}
    if location:
        named = place({"file": file, "location": location})
        made["logicalLocations"] = [{"name": visible(location), "fullyQualifiedName": visible(named)}]
    return made


def _uri(path: str) -> str:
    """Percent-encode a path as a relative reference; a leading slash never makes it absolute."""
    return quote(path.encode("utf-8", "surrogatepass").lstrip(b"/"), safe="/") or "."


def _text(text: str, *, lines: bool = False) -> str:
    """Return a message in which nothing is a placeholder or an embedded link (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    shown = "\n".join(map(visible, text.split("\n"))) if lines else visible(text)
    return shown.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _seen(value: JSON) -> JSON:
    """Make every string visible; those of `help` keep their lines."""
    if isinstance(value, str):
        return "\n".join(map(visible, value.split("\n")))
    if isinstance(value, list):
        return [_seen(item) for item in value]
    return {visible(key): _seen(item) for key, item in value.items()} if isinstance(value, dict) else value
