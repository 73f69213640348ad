"""Revisions made of bytes through the real readers, or of observations written by hand; nothing touches a disk."""

from __future__ import annotations

import json
import struct
from typing import Any

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.readers import Reading, read_blob
from assay.artifact.revision import ArtifactFile, DigestGrade, Revision
from assay.canonical import sha256_hex
from assay.checks import checks
from assay.finding import Fact, Finding


def revision(files: dict[str, bytes | int | Observation] | None = None, **texts: bytes) -> Revision:
    """Make a revision: bytes are read, an int is the size of a file that no reader knows, observations stand as given.

    Keywords are for names without a dot.
    """
    named: dict[str, bytes | int | Observation] = {**(files or {}), **texts}
    return Revision(tuple(_file(path, content) for path, content in sorted(named.items())))


def _file(path: str, content: bytes | int | Observation) -> ArtifactFile:
    if isinstance(content, int):
        return ArtifactFile(path, content, "0" * 64, DigestGrade.COMPUTED, "unclaimed")
    if isinstance(content, bytes):
        reading = read_blob(BytesBlob(content), Budget(), path=path)
        size, sha256 = len(content), sha256_hex(content)
    else:
        reading, size, sha256 = Reading.of(content), 1000, "0" * 64
    return ArtifactFile(
        path, size, sha256, DigestGrade.COMPUTED, reading.format, None, reading.observation, reading.reason
    )


def observed(format_: str, facts: dict[str, Any], *problems: Problem, complete: bool = True) -> Observation:
    """Return an observation as the reader of `format_` would make it."""
    return Observation(format_, f"{format_}/1", complete, facts, problems)


def card(**front: Any) -> bytes:
    """Return a README.md with `front` as front matter; `model_index` stands for the key model-index."""
    if "model_index" in front:
        front["model-index"] = front.pop("model_index")
    return b"---\n" + json.dumps(front).encode() + b"\n---\n# A model\n\nWhat it is, in a few words.\n"


def document(**keys: Any) -> bytes:
    """Return a JSON object."""
    return json.dumps(keys).encode()


def safetensors(header: dict[str, Any] | None = None, data: bytes = bytes(16)) -> bytes:
    """Return a safetensors file; by default one tensor of four float32."""
    table = header or {"weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def judged(rule: str, what: Revision) -> list[Finding]:
    """Return what the check `rule` (its short code) finds, without facts."""
    return [item for item in _body(rule, what) if isinstance(item, Finding)]


def fact(rule: str, what: Revision) -> Any:
    """Return the value of the one fact that the check `rule` states; None when it states none."""
    facts = [item.value for item in _body(rule, what) if isinstance(item, Fact)]
    assert len(facts) <= 1
    return facts[0] if facts else None


def _body(rule: str, what: Revision) -> list[Finding | Fact]:
    one = next(item for item in checks() if item.rule.code == rule)
    return list(one.body(what))
