"""Answers without their text: the leaves of a result's Merkle tree, as a sample log or a reveal carries them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assay.canonical import JSON, canonical_json
from assay.errors import StatementError
from assay.statements.fields import Field
from assay.statements.log import leaf_hash, merkle_root
from assay.statements.strict_json import parse_strict

__all__ = ["ERROR", "MAX_LEAVES", "AnswerLeaf", "from_log", "leaves_of", "plain_root"]

ERROR = "error"
"""The score of a sample that the model could not answer."""
MAX_LEAVES = 200_000
"""Most leaves that are carried at once; about 50 MB of them."""

_MAX_LINE = 16 * 1024 * 1024
_KEYS = ("sample", "input", "output", "score", "stop")


@dataclass(frozen=True, slots=True)
class AnswerLeaf:
    """One sample as two runs must agree on it."""

    sample: str
    input: str
    """SHA-256 of the prompt."""
    output: str
    """SHA-256 of what the model said."""
    score: str
    """An integer or a decimal string; `error` where the model could not answer."""
    stop: str

    @property
    def value(self) -> Decimal | None:
        """The score as a number; None for an error."""
        return None if self.score == ERROR else Decimal(self.score)

    def to_json(self) -> dict[str, JSON]:
        """Return the leaf as a JSON object."""
        return {key: getattr(self, key) for key in _KEYS}

    def to_bytes(self) -> bytes:
        """Return what is hashed into the tree."""
        return canonical_json(self.to_json())

    @classmethod
    def read(cls, field: Field) -> AnswerLeaf:
        """Read a leaf.

        Raises:
            StatementError: a field is wrong; the message begins with its path.
        """
        field.object(*_KEYS)
        field["sample"].text(most=1000)
        field["input"].hex()
        field["output"].hex()
        if field["score"].value != ERROR:
            Field(field["score"].text(most=40), field["score"].path).number()
        field["stop"].text(most=100)
        return cls(**field.mapping())


def leaves_of(field: Field) -> tuple[AnswerLeaf, ...]:
    """Read the leaves of one run, which stand in strict order of sample id.

    Raises:
        StatementError: a leaf is wrong, out of order, or there twice.
    """
    found = tuple(AnswerLeaf.read(item) for item in field.each(least=1, most=MAX_LEAVES))
    _check_order(found, field)
    return found


def from_log(lines: Iterable[bytes]) -> tuple[AnswerLeaf, ...]:
    """Return the leaves of a sample log: a JSON object a line, with the keys of a leaf and, as the log likes, others.

    Raises:
        StatementError: a line is no JSON object with a leaf in it, there are too many, or they are not in order.
    """
    found: list[AnswerLeaf] = []
    for number, line in enumerate(lines, 1):
        where = f"line {number}"
        field = Field(parse_strict(line, where, _MAX_LINE), where)
        missing = [key for key in _KEYS if key not in field.mapping()]
        if missing or number > MAX_LEAVES:
            raise field.fault(f"the key {missing[0]!r} is missing" if missing else f"more than {MAX_LEAVES:,} samples")
        found.append(AnswerLeaf.read(Field({key: field.value[key] for key in _KEYS}, where)))
    _check_order(found, Field(found, "the sample log"))
    return tuple(found)


def plain_root(leaves: Iterable[AnswerLeaf]) -> str:
    """Return the root that a result statement names, in hex."""
    return merkle_root([leaf_hash(leaf.to_bytes()) for leaf in leaves]).hex()


def _check_order(leaves: Sequence[AnswerLeaf], field: Field) -> None:
    ids = [leaf.sample for leaf in leaves]
    if not ids or ids != sorted(set(ids)):
        raise StatementError(f"{field.path}: the samples are not in order of id, each once")
