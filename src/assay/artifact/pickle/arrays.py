"""Arrays that joblib writes into the middle of a pickle, where its loader reads them from the file.

Source: joblib/numpy_pickle.py, class NumpyArrayWrapper. After the BUILD of such an object come the array's bytes:
one byte that says how much padding follows, the padding, the elements; or, for arrays of objects, another pickle.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from assay.artifact.pickle.nodes import Call, DictNode, Node

__all__ = ["InlineArray", "inline_array"]

_WRAPPERS = {
    "joblib.numpy_pickle.NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper",
}
_HAS_OBJECT = 1
_TYPE = re.compile(r"[<>|=]?([biufcmMSUOV?])([0-9]{0,9})", re.ASCII)


class _Element(NamedTuple):
    width: int
    """Bytes."""
    objects: bool


class InlineArray(NamedTuple):
    """What follows the wrapper in the stream."""

    size: int | None
    """Bytes of all elements; None when that cannot be known."""
    padded: bool
    """Whether a byte with the length of the padding stands before them."""
    pickled: bool
    """Whether the elements are a pickle of their own instead."""


def inline_array(target: Node, given: Node) -> InlineArray | None:
    """Return which array follows when `target` was given the state `given`; None when none does."""
    if not isinstance(target, Call) or target.name not in _WRAPPERS or not isinstance(given, DictNode):
        return None
    fields = {key: value for key, value in given.pairs if isinstance(key, str)}
    element = _element(fields.get("dtype"))
    padded = fields.get("numpy_array_alignment_bytes") is not None
    if element is None:
        return InlineArray(None, padded, pickled=False)
    if element.objects:
        return InlineArray(None, padded=False, pickled=True)
    return InlineArray(_bytes(fields.get("shape"), element.width), padded, pickled=False)


def _bytes(shape: Node, width: int) -> int | None:
    if not isinstance(shape, tuple) or len(shape) > 64:
        return None
    sizes = [size for size in shape if isinstance(size, int) and size >= 0]
    return width * math.prod(sizes) if len(sizes) == len(shape) else None


def _element(dtype: Node) -> _Element | None:
    """Return what one element of a numpy dtype is; None when it cannot be known."""
    if (
        not isinstance(dtype, Call)
        or dtype.name != "numpy.dtype"
        or not isinstance(dtype.args, tuple)
        or not dtype.args
    ):
        return None
    match = _TYPE.fullmatch(dtype.args[0]) if isinstance(dtype.args[0], str) else None
    if match is None:
        return None
    kind, digits = match.groups()
    width = int(digits or 1)
    if kind == "V":
        flags = _flags(dtype)
        return None if flags is None else _Element(width, bool(flags & _HAS_OBJECT))
    return _Element(width * 4 if kind == "U" else width, kind == "O")


def _flags(dtype: Call) -> int | None:
    """Return the flags of a structured dtype, the eighth part of its state (numpy, arraydescr_setstate)."""
    state = dtype.states[-1] if dtype.states else ()
    flags = state[7] if isinstance(state, tuple) and len(state) >= 8 else None
    return flags if isinstance(flags, int) else None
