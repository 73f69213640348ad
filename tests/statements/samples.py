"""Statements, keys and folders for the tests, made in code."""

import hashlib
import json

from assay.artifact.identity import ManifestLine, dir_hash
from assay.canonical import canonical_json
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.predicates import assessment, claim
from assay.statements.statement import Statement, revision_subjects

ALICE = PrivateKey.generate()
MALLORY = PrivateKey.generate()

FILES = {"config.json": b"{}", "weights/ü.bin": bytes(range(256)) * 5, "empty": b""}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def manifest(files):
    return [ManifestLine(path, sha256(data)) for path, data in files.items()]


def finding(**changes):
    return {
        "rule": "SEC101-pickle-call", "axis": "secure", "outcome": "fail", "severity": "critical", "confidence": "high",
        "message": "It calls something.", "file": "config.json", "location": None, "fix": None, "detail": {},
    } | changes  # fmt: skip


def assessment_of(files=FILES, **changes):
    return {
        "tool": {"name": "assay", "version": "1"},
        "readers": ["json/1"],
        "checks": ["SEC101/1"],
        "rules": "0" * 64,
        "files": [
            {"path": path, "size": len(data), "sha256": sha256(data), "digest": "computed", "format": "json"}
            for path, data in sorted(files.items())
        ],
        "findings": [finding()],
        "facts": {"weights": {"data_only": True}},
        "not_judged": [],
        "not_examined": ["empty"],
    } | changes


def assessed(files=FILES, **changes):
    subjects = revision_subjects(dir_hash(manifest(files)), None)
    return Statement(assessment.TYPE, subjects, assessment_of(files, **changes))


def claimed(what="publishes", files=FILES):
    subjects = revision_subjects(dir_hash(manifest(files)), None)
    return Statement(claim.TYPE, subjects, claim.claim(what, "We made it."))


def signed(statement=None, key=ALICE):
    return Envelope.sign((statement or assessed()).to_bytes(), key)


def lay(folder, files=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def edited(envelope, **changes):
    """The envelope's bytes with other top-level keys, written canonically."""
    return canonical_json(json.loads(envelope.raw) | changes)
