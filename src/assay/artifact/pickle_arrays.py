"""Arrays that joblib writes into the middle of a pickle, where its loader reads them from the file.

Source: joblib/numpy_pickle.py, class NumpyArrayWrapper. After the BUILD of such an object come the array's bytes:
one byte that says how much padding follows, the padding, the elements; or, for arrays of objects, another pickle.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from assay.artifact.pickle_nodes import Call, DictNode, Node

__all__ = ["InlineArray", "inline_array"]

_WRAPPERS = {
    "joblib.numpy_pickle.NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper",
}
_TYPE = re.compile(r"[<>|=]?([biufcmMSUO?])([0-9]{0,9})", re.ASCII)


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
    kind, width = _element(fields.get("dtype"))
    if kind == "O":
        return InlineArray(None, padded=False, pickled=True)
    shape = fields.get("shape")
    sizes = [size for size in shape if isinstance(size, int) and size >= 0] if isinstance(shape, tuple) else None
    known = width is not None and sizes is not None and isinstance(shape, tuple) and len(sizes) == len(shape) <= 64
    size = width * math.prod(sizes) if known and width is not None and sizes is not None else None
    return InlineArray(size, padded=fields.get("numpy_array_alignment_bytes") is not None, pickled=False)


def _element(dtype: Node) -> tuple[str, int | None]:
    """Return the kind of a numpy dtype and the bytes of one element, None when they are not known."""
    if not isinstance(dtype, Call) or dtype.name != "numpy.dtype" or not isinstance(dtype.args, tuple):
        return "", None
    match = _TYPE.fullmatch(dtype.args[0]) if dtype.args and isinstance(dtype.args[0], str) else None
    if match is None:
        return "", None
    kind, digits = match.groups()
    width = int(digits) if digits else 1
    return kind, width * 4 if kind == "U" else width
