"""What a request for a file asks for beside the file: a range of it, or only a version that it does not have yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Span", "Unsatisfiable", "matches", "span_of"]

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST = 8192


class Span(NamedTuple):
    """Bytes of a file."""

    start: int
    end: int
    """The first byte that is not part of it."""


class Unsatisfiable(NamedTuple):
    """A range that lies outside the file."""


def span_of(headers: Mapping[str, str], etag: str, size: int) -> Span | Unsatisfiable | None:
    """Return which bytes of a file of `size` bytes are asked for; None for all of it.

    As RFC 9110 allows, a header that makes no sense and one with several ranges are as good as none; so is one that
    holds only for another version (`If-Range`).
    """
    only_for = headers.get("if-range")
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or (only_for is not None and only_for.strip() != etag):
        return None
    first, last = asked.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), size if not last else min(int(last) + 1, size)
        if last and int(last) < start:
            return None
    return Span(start, end) if start < end else Unsatisfiable()


def matches(header: str | None, etag: str) -> bool:
    """Say whether an `If-None-Match` or `If-Match` names this version."""
    if header is None:
        return False
    return header.strip() == "*" or etag in _TAG.findall(header[:_LONGEST])
