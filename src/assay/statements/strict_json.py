"""JSON from strangers: only what has one meaning everywhere and one canonical form is let in."""

from __future__ import annotations

import json
from typing import NoReturn

from assay.canonical import JSON, MAX_INT, canonical_json
from assay.errors import StatementError

__all__ = ["parse_canonical", "parse_strict"]

_DEPTH = 64


def parse_strict(data: bytes, what: str, limit: int) -> JSON:
    """Return the value that `data` writes; `what` names it in errors, `limit` is the most bytes it may have.

    Raises:
        StatementError: too long, not UTF-8, not JSON, a key twice in one object, a float, an integer beyond
            2**53 - 1, half a surrogate pair, or nested deeper than 64.
    """
    if len(data) > limit:
        raise StatementError(f"{what} has {len(data):,} bytes; at most {limit:,} are read")
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
        )
        _measure(value)
        if "\\u" in text:  # only an escape can write half a surrogate pair
            canonical_json(value)
    except RecursionError:
        raise StatementError(f"{what} nests deeper than {_DEPTH} levels") from None
    except ValueError as error:
        raise StatementError(f"{what} is not strict JSON: {error}") from None
    return value


def parse_canonical(data: bytes, what: str, limit: int) -> JSON:
    """Return the value that `data` writes in canonical form.

    Raises:
        StatementError: as `parse_strict`, and when `data` is not the canonical form of its value.
    """
    # What comes out as it went in holds nothing that strict JSON has not: a key twice would come out once.
    if len(data) <= limit:
        try:
            value = json.loads(data, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)
            _measure(value)
            if canonical_json(value, checked=True) == data:
                return value
        except (ValueError, TypeError, RecursionError):
            pass  # said below, with its reason
    parse_strict(data, what, limit)
    raise StatementError(f"{what} is not canonical JSON", hint="Keys sorted, no spaces, no needless escapes.")


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!a} stands twice in one object")
    return made


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no integer; other numbers are written as decimal strings")


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) > MAX_INT:
        raise ValueError(f"integer {text[:40]} is beyond 2**53 - 1; write it as a string")
    return number


def _measure(value: JSON) -> None:
    level, depth = [value], 1
    while level := [
        child
        for item in level
        if type(item) is dict or type(item) is list
        for child in (item.values() if type(item) is dict else item)
    ]:
        depth += 1
        if depth > _DEPTH:
            raise RecursionError
