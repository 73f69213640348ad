"""Where a client finds the bytes of a file: its terms, and for each xorb the byte ranges to fetch.

This is version 1 of the answer. Source: huggingface/xet-core, openapi/cas.openapi.yaml,
`GET /v1/reconstructions/{file_id}`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from assay.canonical import JSON
from assay.store.xet.files import chunks_of
from assay.store.xet.hashes import XetHash
from assay.store.xet.shard import Term
from assay.store.xet.xorb import Xorb

__all__ = ["SignRange", "reconstruction"]

SignRange = Callable[[XetHash, int, int], str]
"""Returns an address at which bytes `first` to `last`, inclusive, of a xorb may be read, and no others."""


class _Run(NamedTuple):
    """Chunks `first` to `end` of a xorb and the bytes where they lie."""

    first: int
    end: int
    start: int
    stop: int


def reconstruction(
    terms: Sequence[Term],
    xorb_of: Callable[[XetHash], Xorb],
    sign: SignRange,
    *,
    start: int = 0,
    end: int | None = None,
) -> JSON | None:
    """Return the answer for the bytes from `start` to before `end` of a file, or None when it has none there (416).

    Only the chunks that hold these bytes are named: the first answer's bytes begin `offset_into_first_range` bytes
    into the first term. Ranges of a xorb that touch are joined, and each is signed once.
    """
    starts = list(accumulate((term.size for term in terms), initial=0))
    end = starts[-1] if end is None else min(end, starts[-1])
    if not 0 <= start < end:
        return {"offset_into_first_range": 0, "terms": [], "fetch_info": {}} if start == starts[-1] == 0 else None
    first = bisect_right(starts, start) - 1
    offset = 0
    named: list[JSON] = []
    runs: dict[XetHash, list[_Run]] = {}
    for number in range(first, len(terms)):
        if starts[number] >= end:
            break
        term = terms[number]
        chunks = chunks_of(term, xorb_of(term.xorb))
        base = starts[number] - chunks[0].start
        low = max(0, bisect_right(chunks, start - base, key=attrgetter("start")) - 1)
        high = bisect_right(chunks, end - 1 - base, key=attrgetter("start"))
        if number == first:
            offset = start - base - chunks[low].start
        run = _Run(term.first + low, term.first + high, chunks[low].offset, chunks[high - 1].end)
        runs.setdefault(term.xorb, []).append(run)
        size = chunks[high - 1].start + chunks[high - 1].size - chunks[low].start
        named.append({"hash": term.xorb, "unpacked_length": size, "range": {"start": run.first, "end": run.end}})
    fetch = {name: [_fetched(name, run, sign) for run in _joined(found)] for name, found in runs.items()}
    return {"offset_into_first_range": offset, "terms": named, "fetch_info": fetch}


def _joined(runs: list[_Run]) -> list[_Run]:
    """Return the runs in order, those that touch or overlap as one."""
    joined: list[_Run] = []
    for run in sorted(runs):
        if joined and run.first <= joined[-1].end:
            last = joined[-1]
            joined[-1] = last._replace(end=max(last.end, run.end), stop=max(last.stop, run.stop))
        else:
            joined.append(run)
    return joined


def _fetched(name: XetHash, run: _Run, sign: SignRange) -> JSON:
    last = run.stop - 1
    return {
        "range": {"start": run.first, "end": run.end},
        "url": sign(name, run.start, last),
        "url_range": {"start": run.start, "end": last},
    }
