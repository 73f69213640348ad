"""One revision as checks see it: its files, what readers saw in them, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property, wraps
from typing import Any, NamedTuple, TypeVar

from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.observation import Observation, Problem
from assay.canonical import JSON

__all__ = ["ArtifactFile", "DigestGrade", "Revision", "Seen", "once"]

_T = TypeVar("_T")


class DigestGrade(StrEnum):
    """How a file's sha256 is known."""

    COMPUTED = "computed"
    CLAIMED = "claimed by upstream"
    NONE = "not known"


class ArtifactFile(NamedTuple):
    """One file of a revision and what was seen in it."""

    path: str
    size: int
    sha256: str | None
    digest_grade: DigestGrade
    format: str
    """By content: a reader's format, or `unclaimed` when no reader knows it."""
    git_oid: str | None = None
    """SHA-1 of the git blob, for files small enough to be git blobs. An identifier only."""
    observation: Observation | None = None
    not_judged: str | None = None
    """Why a file of a known format could not be read, or only in part."""


class Seen(NamedTuple):
    """An observation and where it stands: a file, or a member nested in one."""

    file: str
    inner: str
    """Names of the containers' members joined by `!`; empty for the file itself."""
    observation: Observation

    @property
    def facts(self) -> dict[str, JSON]:
        """The observation's facts."""
        return self.observation.facts

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The observation's problems."""
        return self.observation.problems

    @property
    def place(self) -> str:
        """`file` or `file!member!member`."""
        return f"{self.file}!{self.inner}" if self.inner else self.file

    def at(self, where: str | int | None = None) -> str | None:
        """Return a finding's location: member and `where`; a bare integer means a byte offset."""
        parts = [f"member {self.inner}"] if self.inner else []
        if isinstance(where, int):
            parts.append(f"offset {where}")
        elif where:
            parts.append(where)
        return ", ".join(parts) or None


class Revision:
    """All files of one artifact, in order of path, and nothing about who holds it."""

    def __init__(self, files: tuple[ArtifactFile, ...], git_commit: str | None = None) -> None:
        self.files = files
        self.git_commit = git_commit
        """The commit a hub names, for a remote source. An identifier only."""
        self.by_path = {file.path: file for file in files}
        self.worked_out: dict[Callable[[Revision], Any], Any] = {}
        """What functions that are marked `once` returned for this revision."""

    @cached_property
    def dirhash(self) -> str | None:
        """The in-toto dirHash; None when the digest of some file is not known."""
        if any(file.sha256 is None for file in self.files):
            return None
        return dir_hash(ManifestLine(file.path, file.sha256 or "") for file in self.files)

    def seen(self, *formats: str) -> Iterator[Seen]:
        """Yield every observation of these formats (all formats when none is named), nested ones too, in order."""
        if len(formats) == 1:
            yield from self._by_format.get(formats[0], ())
        else:
            yield from (item for item in self._all_seen if not formats or item.observation.format in formats)

    @cached_property
    def _all_seen(self) -> tuple[Seen, ...]:
        read = ((file.path, file.observation) for file in self.files if file.observation is not None)
        return tuple(item for path, observation in read for item in _walk(path, "", observation))

    @cached_property
    def _by_format(self) -> dict[str, list[Seen]]:
        found: dict[str, list[Seen]] = {}
        for item in self._all_seen:
            found.setdefault(item.observation.format, []).append(item)
        return found

    def facts(self, path: str) -> dict[str, JSON]:
        """Return the facts of the file at `path`; empty when it is absent or was not read."""
        file = self.by_path.get(path)
        return file.observation.facts if file is not None and file.observation is not None else {}

    def card(self) -> dict[str, JSON]:
        """Return the front matter of the model card (`README.md`); empty when there is none."""
        data = self.facts("README.md").get("front_matter")
        return data if isinstance(data, dict) else {}

    def config(self) -> dict[str, JSON]:
        """Return `config.json` as an object; empty when it is absent or no object."""
        data = self.facts("config.json").get("document")
        return data if isinstance(data, dict) else {}


def once(work: Callable[[Revision], _T]) -> Callable[[Revision], _T]:
    """Let `work` run once for each revision: whoever asks again gets what it returned."""

    @wraps(work)
    def known(revision: Revision) -> _T:
        if work not in revision.worked_out:
            revision.worked_out[work] = work(revision)
        result: _T = revision.worked_out[work]
        return result

    return known


def _walk(path: str, inner: str, observation: Observation) -> Iterator[Seen]:
    yield Seen(path, inner, observation)
    for name, member in observation.members:
        yield from _walk(path, f"{inner}!{name}" if inner else name, member)
