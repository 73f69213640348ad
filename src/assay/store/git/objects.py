"""Blobs, trees and commits in the bytes and under the names that git gives them; only the canonical form is read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import NamedTuple, NewType

from assay.errors import ReadError, UsageError

__all__ = [
    "EMPTY_TREE",
    "Commit",
    "Kind",
    "Mode",
    "Oid",
    "Signature",
    "TreeEntry",
    "decode_commit",
    "decode_tree",
    "encode_commit",
    "encode_tree",
    "is_oid",
    "object_id",
]

Oid = NewType("Oid", str)
"""Name of a git object: the lower-case hex SHA-1 of its kind, length and bytes."""

_LATEST = 2**33
"""The year 2242, in seconds: later times are read differently by different versions of git."""
_FIRST_LINES = re.compile(rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)")
_SIGNATURE = re.compile(rb"([^<>\n\0]*) <([^<>\n\0]*)> (0|[1-9][0-9]*) ([+-])([0-9]{2})([0-5][0-9])")
_NOT_IN_NAMES = re.compile(r"[<>\n\0]")


class Kind(StrEnum):
    """Kinds of objects that a hub keeps."""

    BLOB = "blob"
    TREE = "tree"
    COMMIT = "commit"


class Mode(IntEnum):
    """What an entry of a tree is."""

    FOLDER = 0o040000
    FILE = 0o100644
    EXECUTABLE = 0o100755
    LINK = 0o120000
    SUBMODULE = 0o160000


class TreeEntry(NamedTuple):
    """One name in a folder."""

    name: str
    mode: Mode
    oid: Oid

    @property
    def key(self) -> bytes:
        """What git sorts by: a folder counts as if its name ended in a slash."""
        return self.name.encode() + (b"/" if self.mode is Mode.FOLDER else b"")


class Signature(NamedTuple):
    """Who did something, and when."""

    name: str
    email: str
    when: int
    """Whole seconds since 1970 UTC."""
    offset: int = 0
    """Minutes east of UTC."""


class Commit(NamedTuple):
    """A tree, what came before it, and who says so."""

    tree: Oid
    parents: tuple[Oid, ...]
    author: Signature
    committer: Signature
    message: str
    extra: bytes = b""
    """Further header lines, such as a signature, as they stand."""

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def object_id(kind: Kind, data: bytes) -> Oid:
    """Return the name of the object of this kind and content."""
    return Oid(hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data, usedforsecurity=False).hexdigest())


EMPTY_TREE = object_id(Kind.TREE, b"")


def is_oid(text: str) -> bool:
    """Say whether `text` has the form of a full object name."""
    return re.fullmatch(r"[0-9a-f]{40}", text) is not None


def encode_tree(entries: Iterable[TreeEntry]) -> bytes:
    """Return the bytes of a folder; the order of `entries` does not matter."""
    ordered = sorted(entries, key=lambda entry: entry.key)
    return b"".join(b"%o %s\0" % (mode, name.encode()) + bytes.fromhex(oid) for name, mode, oid in ordered)


def decode_tree(data: bytes) -> tuple[TreeEntry, ...]:
    """Return the entries of a folder in git's order.

    Raises:
        ReadError: this is not what `encode_tree` writes: an unknown mode, a name twice, out of order or not UTF-8.
    """
    entries = []
    at = 0
    while at < len(data):
        end = data.find(b"\0", at)
        mode, _, name = data[at : max(end, at)].partition(b" ")
        if end < 0 or end + 21 > len(data) or not name or b"/" in name or mode not in _MODES:
            raise ReadError("the tree has an entry that git would not write", offset=at)
        try:
            entries.append(TreeEntry(name.decode(), _MODES[mode], Oid(data[end + 1 : end + 21].hex())))
        except UnicodeDecodeError:
            raise ReadError("the tree has a name that is not UTF-8", offset=at) from None
        at = end + 21
    if encode_tree(entries) != data or len({entry.name for entry in entries}) != len(entries):
        raise ReadError("the tree has a name twice, or its names are out of order")
    return tuple(entries)


_MODES = {b"%o" % mode: mode for mode in Mode}


def encode_commit(commit: Commit) -> bytes:
    """Return the bytes of a commit.

    Raises:
        UsageError: a name, address or message holds what git cannot carry, or the time is out of range.
    """
    if "\0" in commit.message:
        raise UsageError("a commit message cannot hold a NUL character")
    lines = [f"tree {commit.tree}\n", *(f"parent {parent}\n" for parent in commit.parents)]
    lines += [f"author {_signed(commit.author)}\n", f"committer {_signed(commit.committer)}\n"]
    return _utf8("".join(lines)) + commit.extra + b"\n" + _utf8(commit.message)


def decode_commit(data: bytes) -> Commit:
    """Return the commit that `data` holds.

    Raises:
        ReadError: this is not what `encode_commit` writes, or not UTF-8.
    """
    head, blank, message = data.partition(b"\n\n")
    head += b"\n"
    first = _FIRST_LINES.match(head)
    if not blank or first is None:
        raise ReadError("the commit does not begin with its tree and parents")
    lines = head[first.end() :].split(b"\n", 2)
    if len(lines) != 3 or not lines[0].startswith(b"author ") or not lines[1].startswith(b"committer "):
        raise ReadError("the commit does not say who made it", offset=first.end())
    parents = tuple(Oid(line[7:].decode()) for line in first[2].splitlines())
    author, committer = _signature(lines[0][7:]), _signature(lines[1][10:])
    try:
        commit = Commit(Oid(first[1].decode()), parents, author, committer, message.decode(), lines[2])
        if encode_commit(commit) == data:
            return commit
    except (UnicodeDecodeError, UsageError):
        pass
    raise ReadError("the commit is not in the form that git writes today")


def _signed(who: Signature) -> str:
    if _NOT_IN_NAMES.search(who.name + who.email):
        raise UsageError(f"{who.name!r} <{who.email!r}> cannot be the author of a commit", hint="Leave out < and >.")
    if not 0 <= who.when < _LATEST or not abs(who.offset) < 24 * 60:
        raise UsageError(f"a commit cannot be made at {who.when} s, {who.offset} min east of UTC")
    sign = "-" if who.offset < 0 else "+"
    hours, minutes = divmod(abs(who.offset), 60)
    return f"{who.name} <{who.email}> {who.when} {sign}{hours:02}{minutes:02}"


def _signature(line: bytes) -> Signature:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ReadError("the commit has an author or committer that git would not write")
    offset = int(match[5]) * 60 + int(match[6])
    try:
        name, email = match[1].decode(), match[2].decode()
    except UnicodeDecodeError:
        raise ReadError("the commit has a name that is not UTF-8") from None
    return Signature(name, email, int(match[3][:20]), -offset if match[4] == b"-" else offset)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UsageError("a commit's names and message must be valid Unicode") from None
