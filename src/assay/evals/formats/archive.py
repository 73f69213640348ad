"""Members of an archive that another engine wrote, as JSON, one after another within a budget.

inspect_ai compresses by Zstandard (method 93 of APPNOTE 6.3.10) where older versions deflate. Python has that from 3.14
on; before, the package zstandard, which inspect_ai itself brings, unpacks it.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.blob import BytesBlob, SliceBlob
from assay.artifact.budget import Budget
from assay.artifact.zip.directory import Directory, Entry, locate, read_directory
from assay.artifact.zip.inflate import InflatedBlob
from assay.errors import EvaluationError, MissingExtraError, ReadError
from assay.evals.formats.given import Given, json_value
from assay.statements.fields import Field

__all__ = ["Members", "members"]

_MOST = 256 * 1024 * 1024
"""Bytes of one member, unpacked."""
_TOTAL = 8 * 1024 * 1024 * 1024
"""Bytes of all that is unpacked from one archive."""
_ITEMS = 10_000_000
_ZSTANDARD = 93
_UNPACKERS = ("compression.zstd", "zstandard")
_WINDOW = 128 * 1024 * 1024
"""Bytes that Zstandard may look back, and so keep."""
_HINT = "Fetch the file again."
_CONVERT = "Install it with: pip install 'assay-hub[eval]'; or write the log as JSON: inspect log convert --to json"


class Members(NamedTuple):
    """What an archive holds."""

    given: Given
    entries: tuple[Entry, ...]
    budget: Budget

    def one(self, name: str) -> Field | None:
        """Return the member `name`; None where there is none.

        Raises:
            EvaluationError: it is damaged, too large, or no JSON object.
            MissingExtraError: nothing here unpacks it.
        """
        return next((self._read(entry) for entry in self.entries if entry.name == name), None)

    def all(self, folder: str) -> Iterator[Field]:
        """Yield each JSON member below `folder`, in the order of the archive.

        Raises:
            EvaluationError: one is damaged, too large, or no JSON object.
            MissingExtraError: nothing here unpacks it.
        """
        for entry in self.entries:
            if entry.name.startswith(folder) and entry.name.endswith(".json"):
                yield self._read(entry)

    def _read(self, entry: Entry) -> Field:
        where = f"{self.given.name}, {entry.name}"
        if entry.size > _MOST or entry.encrypted:
            raise EvaluationError(f"{where}: is encrypted, or longer than {_MOST:,} bytes", hint=_HINT)
        try:
            blob = BytesBlob(self.given.raw)
            packed = SliceBlob(blob, locate(blob, entry, self.budget).start, entry.compressed)
            raw = _unpacked(packed, entry, self.budget)
        except ReadError as error:
            raise EvaluationError(f"{where}: {error}", hint=_HINT) from error
        if len(raw) != entry.size or zlib.crc32(raw) != entry.crc:
            raise EvaluationError(f"{where}: is damaged: its checksum is another", hint=_HINT)
        value = json_value(raw, where)
        if not isinstance(value, dict):
            raise EvaluationError(f"{where}: is no JSON object", hint=_HINT)
        return Field(value, where)


def members(given: Given) -> Members:
    """Return what the archive `given` holds.

    Raises:
        EvaluationError: it is no zip archive, or one that can be read in two ways.
    """
    budget = Budget(bytes=_TOTAL, items=_ITEMS)
    try:
        found: Directory = read_directory(BytesBlob(given.raw), budget)
    except ReadError as error:
        raise EvaluationError(f"{given.name}: {error}", hint=_HINT) from error
    if found.problems or not found.complete:
        told = found.problems[0].message if found.problems else "its directory breaks off"
        raise EvaluationError(f"{given.name}: {told}", hint=_HINT)
    return Members(given, found.entries, budget)


def _unpacked(packed: SliceBlob, entry: Entry, budget: Budget) -> bytes:
    if entry.method == 0:
        budget.take_bytes(entry.compressed)
        return packed.read_at(0, entry.compressed)
    if entry.method != _ZSTANDARD:
        inflated = InflatedBlob(packed, entry.method, entry.size, budget)
        return inflated.read_at(0, entry.size)
    budget.take_bytes(entry.compressed + entry.size)
    return _from_zstandard(packed.read_at(0, entry.compressed), entry.size)


def _from_zstandard(raw: bytes, size: int) -> bytes:
    """Return at most `size` + 1 bytes: one more where the data hold more than they declare."""
    for name in _UNPACKERS:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            if name == "zstandard":
                with module.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(raw) as stream:
                    return bytes(stream.read(size + 1))
            return bytes(module.ZstdDecompressor().decompress(raw, size + 1))
        except module.ZstdError as error:
            raise ReadError(f"compressed data are damaged: {error}") from None
    raise MissingExtraError("the package zstandard is not installed", hint=_CONVERT)
