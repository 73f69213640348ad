"""The index of a bundle, its first member: which revision it carries and each other member's path, size and digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from assay.artifact.identity import ManifestLine, check_paths, dir_hash
from assay.artifact.sources.local import LEFT_OUT
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import AssayError, BundleError
from assay.statements.evidence import FOLDER, is_evidence_name
from assay.statements.fields import Field
from assay.statements.strict_json import parse_canonical

__all__ = ["ARTIFACT", "CLOSING", "EVIDENCE", "INDEX", "MAX_INDEX", "MAX_POLICY", "POLICY", "Index", "Member"]

INDEX = "bundle.json"
CLOSING = "bundle.dsse.json"
POLICY = "policy.yaml"
ARTIFACT = "artifact/"
EVIDENCE = "evidence/"

MAX_INDEX = 64 * 1024 * 1024
MAX_POLICY = 64 * 1024

_SCHEMA = "assay.bundle/v1"
_MAX_MEMBERS = 205_000


@dataclass(frozen=True, slots=True)
class Member:
    """One member: a file of the artifact, a piece of evidence, or the policy."""

    path: str
    size: int
    sha256: str

    @property
    def place(self) -> str | None:
        """Where it goes below the folder that the bundle is unpacked to; None for the policy."""
        if self.path.startswith(ARTIFACT):
            return self.path.removeprefix(ARTIFACT)
        return f"{FOLDER}/{self.path.removeprefix(EVIDENCE)}" if self.path.startswith(EVIDENCE) else None


@dataclass(frozen=True, slots=True)
class Index:
    """All members but the index itself and the closing signature, in order of the bytes of their paths."""

    dirhash: str
    members: tuple[Member, ...]

    @classmethod
    def of(cls, members: Iterable[Member]) -> Index:
        """Return the index of `members`, whose revision is named by the digests they have.

        Raises:
            BundleError: two paths could not lie side by side, or one is not what a bundle may carry.
        """
        ordered = tuple(sorted(members, key=lambda member: member.path.encode()))
        index = cls(_dirhash(ordered), ordered)
        _check(index)
        return index

    def to_bytes(self) -> bytes:
        """Return the index as canonical JSON."""
        return canonical_json(self._document())

    @property
    def digest(self) -> str:
        """SHA-256 of the index in hex: what the closing signature is about."""
        return sha256_hex(self.to_bytes())

    @property
    def size(self) -> int:
        """Bytes of all members together."""
        return sum(member.size for member in self.members)

    @classmethod
    def parse(cls, data: bytes) -> Index:
        """Read an index.

        Raises:
            BundleError: it is not canonical, has a wrong shape, or its paths, order or dirHash make no sense.
        """
        try:
            root = Field(parse_canonical(data, "the index", MAX_INDEX), "index")
            root.object("schema", "subject", "members")
            root["schema"].choice((_SCHEMA,))
            dirhash = root["subject"].object("dirHash")["dirHash"].hex()
            index = cls(dirhash, tuple(_member(item) for item in root["members"].each(most=_MAX_MEMBERS)))
            _check(index)
        except AssayError as error:
            raise BundleError(f"{INDEX}: {error}", hint=error.hint()) from error
        return index

    def _document(self) -> JSON:
        return {
            "schema": _SCHEMA,
            "subject": {"dirHash": self.dirhash},
            "members": [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in self.members],
        }


def _member(field: Field) -> Member:
    field.object("path", "size", "sha256")
    return Member(field["path"].file_path(), field["size"].count(), field["sha256"].hex())


def _dirhash(members: Iterable[Member]) -> str:
    lines = (ManifestLine(one.path, one.sha256) for one in members if one.path.startswith(ARTIFACT))
    return dir_hash(ManifestLine(line.path.removeprefix(ARTIFACT), line.sha256) for line in lines)


def _check(index: Index) -> None:
    paths = [member.path for member in index.members]
    if len(paths) > _MAX_MEMBERS:
        raise BundleError(f"a bundle has at most {_MAX_MEMBERS:,} members, not {len(paths):,}")
    for path in paths:
        if not _may_carry(path):
            raise BundleError(f"{path!a} has no place in a bundle")
    for before, after in pairwise(paths):
        if before.encode() >= after.encode():
            raise BundleError(f"{after!a} stands out of order or twice")
    check_paths(paths)
    if _dirhash(index.members) != index.dirhash:
        raise BundleError(f"the dirHash of the members is {_dirhash(index.members)}, the index says {index.dirhash}")


def _may_carry(path: str) -> bool:
    if path.startswith(ARTIFACT):
        inner = path.removeprefix(ARTIFACT).casefold()
        return not any(inner == name or inner.startswith(f"{name}/") for name in LEFT_OUT)
    return path == POLICY or (path.startswith(EVIDENCE) and is_evidence_name(path.removeprefix(EVIDENCE)))
