"""An in-toto Statement v1: a predicate about subjects that are named by their digests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from assay.canonical import JSON, canonical_json
from assay.errors import StatementError
from assay.statements.fields import Field
from assay.statements.strict_json import parse_canonical, parse_strict

__all__ = ["MAX_STATEMENT", "STATEMENT_TYPE", "Statement", "Subject", "revision_subjects"]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

MAX_STATEMENT = 64 * 1024 * 1024
"""Most bytes of a statement: enough for an assessment of 200,000 files."""

_WHAT = "the statement"
_MAX_SUBJECTS = 10_000
_DIGEST_LENGTHS = (40, 64, 96, 128)


class Subject(NamedTuple):
    """What a statement is about; the digests identify it, the name only helps people."""

    name: str
    digest: Mapping[str, str]
    """Algorithm to lower-case hex: `dirHash`, `gitCommit`, `sha256`."""


class Statement(NamedTuple):
    """Who-says-what without the who: the envelope adds the signatures."""

    predicate_type: str
    subjects: tuple[Subject, ...]
    predicate: dict[str, JSON]

    @property
    def dirhash(self) -> str | None:
        """The dirHash of the revision it is about; None when it names none."""
        return next((subject.digest["dirHash"] for subject in self.subjects if "dirHash" in subject.digest), None)

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the statement.

        Raises:
            StatementError: the predicate holds what has no canonical form, such as a float.
        """
        document = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": subject.name, "digest": dict(subject.digest)} for subject in self.subjects],
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        }
        try:
            return canonical_json(document)
        except (TypeError, ValueError) as error:
            raise StatementError(f"the predicate of {self.predicate_type} cannot be written: {error}") from error

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """Read a statement; `to_bytes` of the result equals `data` where that was canonical.

        Raises:
            StatementError: it is no strict JSON, too long, or not of the shape of a statement.
        """
        return cls._read(parse_strict(data, _WHAT, MAX_STATEMENT))

    @classmethod
    def parse_canonical(cls, data: bytes) -> Statement:
        """Read a statement that is its own canonical form, as ours are; sooner than `parse`.

        Raises:
            StatementError: as `parse`, and when it is not in that form.
        """
        return cls._read(parse_canonical(data, _WHAT, MAX_STATEMENT))

    @classmethod
    def _read(cls, value: JSON) -> Statement:
        root = Field(value, "statement")
        root.object("_type", "subject", "predicateType", "predicate")
        if root["_type"].value != STATEMENT_TYPE:
            raise root["_type"].fault(f"expected {STATEMENT_TYPE!r}")
        subjects = tuple(_subject(item) for item in root["subject"].each(least=1, most=_MAX_SUBJECTS))
        return cls(root["predicateType"].text(most=500), subjects, root["predicate"].mapping())


def revision_subjects(dirhash: str | None, git_commit: str | None) -> tuple[Subject, ...]:
    """Return the subjects of a statement about a revision: its identity, and its manifest as a file of its own.

    `dirhash` is None where the digest of some file is not known; then only the commit names the revision.

    Raises:
        StatementError: both are None.
    """
    names = {"dirHash": dirhash, "gitCommit": git_commit}
    digest = {name: value for name, value in names.items() if value is not None}
    if not digest:
        raise StatementError("nothing names the revision: neither a dirHash nor a commit is known")
    revision = Subject("revision", digest)
    return (revision,) if dirhash is None else (revision, Subject("manifest.txt", {"sha256": dirhash}))


def _subject(field: Field) -> Subject:
    field.object("name", "digest")
    digest = field["digest"]
    if not digest.mapping():
        raise digest.fault("expected at least one digest")
    lengths = {"dirHash": (64,), "sha256": (64,), "gitCommit": (40, 64)}
    made = {name: digest[name].hex(*lengths.get(name, _DIGEST_LENGTHS)) for name in digest.mapping()}
    return Subject(field["name"].text(most=4096), made)
