"""A file that another engine left behind: its bytes, read only so far and so deep, and never executed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON, sha256_hex
from assay.errors import EvaluationError, ReadError
from assay.evals.tables import read_file
from assay.statements.fields import Field

__all__ = ["LARGEST", "Given", "given", "json_value", "needed", "part"]

LARGEST = 1024 * 1024 * 1024
"""Bytes of a file that are read at most."""
_LONGEST_LINE = 64 * 1024 * 1024
_HINT = "Give the file as the engine wrote it."


@dataclass(frozen=True)
class Given:
    """One file, whole."""

    name: str
    """Without its folder."""
    raw: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return sha256_hex(self.raw)

    @property
    def is_zip(self) -> bool:
        """Whether it begins as a zip archive does."""
        return self.raw.startswith(b"PK")

    @cached_property
    def start(self) -> dict[str, JSON]:
        """The JSON object that the file is, or that its first line is; empty where it is neither."""
        if self.is_zip:
            return {}
        line = io.BytesIO(self.raw).readline(_LONGEST_LINE)
        try:
            value = self._value if len(line) == len(self.raw) else json_value(line, self.name)
        except EvaluationError:
            try:
                value = self._value
            except EvaluationError:
                value = None
        return value if isinstance(value, dict) else {}

    def whole(self) -> Field:
        """Return the one JSON object that the file is.

        Raises:
            EvaluationError: it is none.
        """
        return _object(self._value, self.name)

    @cached_property
    def _value(self) -> JSON:
        return json_value(self.raw, self.name)

    def lines(self) -> Iterator[Field]:
        """Yield the JSON object in each line; empty lines are passed over.

        Raises:
            EvaluationError: a line is none, or longer than 64 MiB.
        """
        stream = io.BytesIO(self.raw)
        number = 0
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            where = f"{self.name}, line {number}"
            if len(line) > _LONGEST_LINE:
                raise EvaluationError(f"{where} is longer than {_LONGEST_LINE:,} bytes", hint=_HINT)
            if line.strip():
                yield _object(json_value(line, where), where)


def given(file: Path) -> Given:
    """Return the file `file`.

    Raises:
        EvaluationError: it cannot be read, or is longer than `LARGEST` bytes.
    """
    return Given(file.name, read_file(file, LARGEST))


def json_value(raw: bytes, where: str) -> JSON:
    """Return the value that `raw` writes; a number that is no small integer is a decimal string, NaN its name.

    Raises:
        EvaluationError: it is not JSON in UTF-8, names a key twice, nests too deep or holds too much.
    """
    try:
        document = parse_json(raw.decode("utf-8"), Budget())
    except (ReadError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{where}: {error}", hint=_HINT) from error
    if document.duplicate_keys:
        raise EvaluationError(f"{where}: names the key {document.duplicate_keys[0]!r} twice", hint=_HINT)
    return document.value


def part(field: Field, key: str) -> Field | None:
    """Return what stands under `key`; None where `field` is no object, or nothing or null stands there."""
    if not isinstance(field.value, dict) or field.value.get(key) is None:
        return None
    return field[key]


def needed(field: Field, *keys: str) -> Field:
    """Return what stands under `keys`, one below the other.

    Raises:
        StatementError: nothing, or null, stands there.
    """
    for key in keys:
        if (below := part(field, key)) is None:
            raise field.fault(f"the key {key!r} is missing")
        field = below
    return field


def _object(value: JSON, where: str) -> Field:
    if not isinstance(value, dict):
        raise EvaluationError(f"{where}: is no JSON object", hint=_HINT)
    return Field(value, where)
