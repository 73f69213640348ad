"""The rest of a pickle that holds plain values only, passed by in bulk.

Where nothing was imported yet, and no persistent identifier, extension or buffer was met, everything on the stack and
in the memo is plain. As long as opcodes follow that can only push, gather and store such values, none of them can lead
to a call, whatever their order: so they need to be told apart, but not followed. Nearly all are eaten by one pattern.
"""

from __future__ import annotations

import struct

from assay.artifact.pickle.state import State
from assay.patterns import pattern

__all__ = ["plain_to_stop"]

_FIRST_SPAN = 16 * 1024
_LAST_SPAN = 1024 * 1024
_LONGEST_TOKEN = 512
"""Bytes of the longest opcode that the pattern takes, with its argument."""
_SHORT = 11
_LONG = 31
_ALONE = rb"N\x88\x89)\x94\x85\x86\x87\]}(eusta\x8f\x90\x91ld012"
_STOP = ord(".")


def _counted(low: int, high: int) -> bytes:
    """Return alternatives for a byte that counts how many follow, from `low` to `high`."""
    return b"|".join(b"\\x%02x.{%d}" % (size, size) for size in range(low, high + 1))


# The order is that of speed: what is frequent comes first, and alternatives that begin alike stand together.
_TOKENS = pattern(
    rb"(?s:(?:[" + _ALONE + rb"]*+(?:[Khq].|\x8c(?:" + _counted(0, _SHORT) + rb"|(?=[\x0c-\x1f])(?:"
    + _counted(_SHORT + 1, _LONG) + rb"))|M..|[Jjr].{4}|[G\x95].{8}|\x80[\x00-\x05]"
    rb"|[ILFSVgp][^\n]{0,250}+\n))*+[" + _ALONE + rb"]*+)"
)  # fmt: skip


_LENGTHS = {
    code: struct.Struct(form)
    for codes, form in ((b"U\x8cC\x8a", "<B"), (b"T\x8b", "<i"), (b"XB", "<I"), (b"\x8d\x8e\x96", "<Q"))
    for code in codes
}
"""How the length is written of a payload that follows its length, by opcode."""


def plain_to_stop(state: State, offset: int) -> int | None:
    """Return the offset after the STOP of a stream that builds plain values only from `offset` on.

    None when it does more, is cut off or holds what is no opcode: then it has to be followed. Costs the bytes it
    looks at, in windows of up to 1 MiB; long payloads are jumped over. What such a stream takes from its stack is not
    compared with what is there.

    Raises:
        BudgetError: more bytes than the budget allows.
    """
    size, match, span = state.blob.size, _TOKENS.match, _FIRST_SPAN
    while offset < size:
        data = state.take(offset, min(span, size - offset))
        last, at = offset + len(data) == size, 0
        while at < len(data):
            found = match(data, at)
            at = at if found is None else found.end()
            if len(data) - at < (1 if last else _LONGEST_TOKEN):
                break
            if data[at] == _STOP:
                return offset + at + 1
            end = _jumped(data, at)
            if end is None or offset + end > size:
                return None
            at = end
        # After a jump there may be another payload to jump over: start small, grow as opcodes go on.
        span = _FIRST_SPAN if at > len(data) else min(2 * span, _LAST_SPAN)
        offset += at
    return None


def _jumped(data: bytes, at: int) -> int | None:
    """Return the position after an opcode with its payload; None when it is none that only pushes a plain value."""
    form = _LENGTHS.get(data[at])
    if form is None or at + 1 + form.size > len(data):
        return None
    length = form.unpack_from(data, at + 1)[0]
    return None if length < 0 else at + 1 + form.size + length
