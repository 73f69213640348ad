"""Which kind of model a protocol buffer is: its fields say, since the format has no magic."""

from __future__ import annotations

import re

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.protobuf import Field, Span, fields
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["message_kind"]

_MOST_FIELDS = 500
"""Fields looked at before deciding; graphs are flat and long, so a file need not be walked to its end."""
_LOOK = Budget(bytes=8 * 1024 * 1024, items=24_000)
_ENDLESS = 2**62
_WORD = re.compile(rb"[A-Za-z0-9_.>/$\\<-][A-Za-z0-9_.>/$:\\<+ -]*")
_L, _V = 2, 0
_ONNX = {1: _V, 2: _L, 3: _L, 4: _L, 5: _V, 6: _L, 7: _L, 8: _L, 14: _L, 20: _L, 25: _L, 26: _L}
_ONNX_GRAPH = dict.fromkeys((1, 2, 5, 10, 11, 12, 13, 14, 15, 16), _L)
_GRAPH = {1: _L, 2: _L, 3: _V, 4: _L, 5: _L}
_META_GRAPH = {1: _L, 2: _L, 3: _L, 4: _L, 5: _L, 6: _L, 7: _L}
_SAVED_MODEL = {1: _V, 2: _L}
_PROGRAM = {1: _L, 2: _L, 3: _L, 4: _L, 5: _L}
_COREML_KINDS = range(200, 4000)


def message_kind(blob: Blob) -> str | None:
    """Return `onnx`, `coreml`, `paddle`, `saved-model`, `meta-graph`, `graph` or `keras-metadata`; None if no such.

    A message that ends in nonsense after fields that make sense is what its fields say: its reader will report it.
    """
    budget = Budget(bytes=_LOOK.bytes, items=_LOOK.items)
    look = _Look(Window(blob, budget), budget)
    top = look.top()
    if not top or any(field.number > 4000 for field in top):
        return None
    for kind, test in _TESTS.items():
        try:
            if test(look, top):
                return kind
        except ReadError:
            continue
    return None


class _Look:
    """Looks at a few fields, and at what is inside them."""

    def __init__(self, window: Window, budget: Budget) -> None:
        self.window = window
        self.budget = budget

    def top(self) -> list[Field]:
        """Return the first fields of the whole blob, as far as they make sense; the last may be cut off."""
        return self._until_nonsense(Span(0, _ENDLESS))

    def inside(self, field: Field) -> dict[int, Field]:
        """Return the first field of each number inside `field`.

        Raises:
            ReadError: it holds none.
        """
        found: dict[int, Field] = {}
        for inner in self._until_nonsense(field.span):
            found.setdefault(inner.number, inner)
        if not found:
            raise ReadError("is empty, or no message", offset=field.span.start)
        return found

    def _until_nonsense(self, span: Span) -> list[Field]:
        found: list[Field] = []
        try:
            for field in fields(self.window, span, self.budget):
                found.append(field)
                if len(found) == _MOST_FIELDS:
                    break
        except ReadError:
            return found
        return found

    def is_word(self, field: Field | None) -> bool:
        """Whether `field` holds a name as programs give them."""
        if field is None or field.wire != _L or not 0 < field.span.size < 1000:
            return False
        return _WORD.fullmatch(self.window.take(field.span.start, field.span.size, "a name")) is not None


def _fits(found: list[Field], form: dict[int, int]) -> bool:
    return all(form.get(field.number) == field.wire for field in found)


def _first(found: list[Field], number: int) -> Field | None:
    return next((field for field in found if field.number == number), None)


def _is_onnx(look: _Look, top: list[Field]) -> bool:
    graph = _first(top, 7)
    if graph is None or not _fits(top, _ONNX) or not ({1, 8} & {field.number for field in top}):
        return False
    inner = look.inside(graph)
    return all(_ONNX_GRAPH.get(number) == field.wire for number, field in inner.items())


def _is_saved_model(look: _Look, top: list[Field]) -> bool:
    graph = _first(top, 2)
    version = _first(top, 1)
    if graph is None or not _fits(top, _SAVED_MODEL) or (version is not None and version.value > 100):
        return False
    inner = look.inside(graph)
    return bool(inner) and all(_META_GRAPH.get(number) == field.wire for number, field in inner.items())


def _is_meta_graph(look: _Look, top: list[Field]) -> bool:
    graph = _first(top, 2)
    if graph is None or not _fits(top, _META_GRAPH):
        return False
    inner = look.inside(graph)
    return 1 in inner and _is_graph_fields(look, inner)


def _is_graph(look: _Look, top: list[Field]) -> bool:
    first: dict[int, Field] = {}
    for field in top:
        first.setdefault(field.number, field)
    return _fits(top, _GRAPH) and _is_graph_fields(look, first)


def _is_graph_fields(look: _Look, graph: dict[int, Field]) -> bool:
    node, library = graph.get(1), graph.get(2)
    if any(_GRAPH.get(number) != field.wire for number, field in graph.items()):
        return False
    if node is not None:
        inner = look.inside(node)
        return look.is_word(inner.get(1)) and look.is_word(inner.get(2)) and all(number <= 8 for number in inner)
    if library is not None:
        function = look.inside(library).get(1)
        signature = look.inside(function).get(1) if function is not None else None
        return signature is not None and look.is_word(look.inside(signature).get(1))
    return False


def _is_keras_metadata(look: _Look, top: list[Field]) -> bool:
    if any(field.number != 1 or field.wire != _L for field in top):
        return False
    inner = look.inside(top[0])
    text = inner.get(5)
    return 4 in inner and text is not None and look.window.peek(text.span.start, 1) == b"{"


def _is_coreml(look: _Look, top: list[Field]) -> bool:
    version = _first(top, 1)
    if version is None or version.wire != _V or version.value > 100:
        return False
    described = _first(top, 2)
    kinds = [field for field in top if field.number in _COREML_KINDS and field.wire == _L]
    known = all(field.number in (1, 2, 10) or field.number in _COREML_KINDS for field in top)
    return known and len(kinds) == 1 and (described is None or bool(look.inside(described)))


def _is_paddle(look: _Look, top: list[Field]) -> bool:
    block = _first(top, 1)
    if block is None or not _fits(top, _PROGRAM):
        return False
    inner = look.inside(block)
    index, parent, op = inner.get(1), inner.get(2), inner.get(4)
    if index is None or parent is None or op is None or (index.wire, parent.wire, op.wire) != (_V, _V, _L):
        return False
    return look.is_word(look.inside(op).get(3))


_TESTS = {
    "onnx": _is_onnx,
    "coreml": _is_coreml,
    "paddle": _is_paddle,
    "saved-model": _is_saved_model,
    "graph": _is_graph,
    "meta-graph": _is_meta_graph,
    "keras-metadata": _is_keras_metadata,
}
