"""TensorFlow: SavedModel, MetaGraph, frozen graphs and Keras metadata, as protocol buffers or as their text.

Source of the formats: github.com/tensorflow/tensorflow, tensorflow/core/protobuf/saved_model.proto, meta_graph.proto,
tensorflow/core/framework/graph.proto, function.proto; tensorflow/python/keras/protobuf/saved_metadata.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.keras_objects import KerasObjects
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.protobuf import Field, Span, fields
from assay.artifact.protobuf.shapes import message_kind
from assay.artifact.protobuf.text_format import graph_nodes
from assay.artifact.text.json_document import parse_json
from assay.artifact.text.textual import decode, read_whole
from assay.artifact.window import Window
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "tensorflow"
VERSION = 1

_NAMES = 8
_NODE_ITEMS = 12
"""What a node costs of the budget beside its fields."""
_TEXTS = 256
_LONGEST_JSON = 4 * 1024 * 1024
_LONGEST_TEXT = 64 * 1024 * 1024
_STRING = 7
"""DT_STRING."""
_BINARY = ("saved-model", "meta-graph", "graph", "keras-metadata")


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return the operators of all graphs and functions, the strings they hold, assets, and Keras layers.

    Facts: `kind`, `operators` (by type: `count`, `functions` that hold it, `nodes` and their `attributes` that are
    text, a few of each), `strings` (short string constants: node and text), `assets` (file names), `keras`.

    Raises:
        ReadError: it is neither a message nor text.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(Window(blob, budget), notes)
    kind = message_kind(blob)
    with notes.until_broken():
        if kind in _BINARY:
            seen.kind = kind
            _START[kind](seen, Span(0, blob.size))
        else:
            seen.text(blob)
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Walks the messages of a model."""

    window: Window
    notes: Notes
    kind: str = "text"
    operators: dict[str, dict[str, JSON]] = field(default_factory=dict)
    strings: list[JSON] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    keras: KerasObjects = field(default_factory=KerasObjects)

    def facts(self) -> dict[str, JSON]:
        return {
            "kind": self.kind,
            "operators": dict(sorted(self.operators.items())),
            "strings": self.strings,
            "assets": list(self.assets),
            "keras": self.keras.facts(),
        }

    def _messages(self, span: Span) -> Iterator[Field]:
        return (item for item in fields(self.window, span, self.notes.budget) if item.is_message)

    def _text(self, field_: Field | None, limit: int = 400) -> str:
        return "" if field_ is None else self.window.text(field_.span.start, field_.span.size, "a name", limit)

    def saved_model(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 2:
                self.meta_graph(item.span)

    def meta_graph(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 2:
                self.graph(item.span)
            elif item.number == 6:
                self._asset(item.span)
            elif item.number == 7:
                self._objects(item.span)

    def graph(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 1:
                self._node(item.span, "")
            elif item.number == 2:
                for function in self._messages(item.span):
                    if function.number == 1:
                        self._function(function.span)

    def _function(self, span: Span) -> None:
        name, nodes = "", []
        for item in self._messages(span):
            if item.number == 1:
                name = self._text(next((inner for inner in self._messages(item.span) if inner.number == 1), None))
            elif item.number == 3:
                nodes.append(item.span)
        for node in nodes:
            self._node(node, name or "?")

    def _node(self, span: Span, function: str) -> None:
        name = type_ = ""
        attributes = []
        for item in self._messages(span):
            if item.number == 1:
                name = self._text(item)
            elif item.number == 2:
                type_ = self._text(item)
            elif item.number == 5:
                attributes.append(item.span)
        one = self._operator(type_, name, function)
        # Only a few nodes of a type are shown, and only constants may hold text worth knowing besides.
        if type_ == "Const" or one["count"] <= _NAMES:
            for attribute in attributes:
                self._attribute(attribute, type_, name, one)

    def _operator(self, type_: str, name: str, function: str) -> dict[str, JSON]:
        self.notes.budget.take_items(_NODE_ITEMS)
        one = self.operators.get(type_)
        if one is None:
            self.notes.budget.take_facts(len(type_) + 80)
            one = self.operators[type_] = {"count": 0, "nodes": [], "functions": [], "attributes": []}
        one["count"] += 1
        if one["count"] <= _NAMES:
            self.notes.budget.take_facts(len(name) + 4)
            one["nodes"].append(name)
        if function and len(one["functions"]) < _NAMES and function not in one["functions"]:
            self.notes.budget.take_facts(len(function) + 4)
            one["functions"].append(function)
        return one

    def _attribute(self, span: Span, type_: str, node: str, one: dict[str, JSON]) -> None:
        key, value = "", None
        for item in self._messages(span):
            if item.number == 1:
                key = self._text(item, 100)
            elif item.number == 2:
                value = item
        if value is None or key.startswith("_"):
            return
        for item in self._messages(value.span):
            if item.number == 2 and 0 < item.span.size <= 400 and type_ != "Const":
                self._keep(one["attributes"], [node, key, self._text(item)])
            elif item.number == 8 and type_ == "Const":
                self._constant(item.span, node)

    def _constant(self, span: Span, node: str) -> None:
        texts, type_ = [], 0
        for item in fields(self.window, span, self.notes.budget):
            if item.number == 1 and item.is_number:
                type_ = item.value
            elif item.number == 8 and item.is_message:
                texts.append(item)
                if len(texts) == _NAMES:
                    break
        if type_ == _STRING:
            for text in texts:
                self._keep(self.strings, [node, self._text(text)])

    def _keep(self, kept: list[JSON], texts: list[JSON]) -> None:
        if len(kept) < _TEXTS:
            self.notes.budget.take_facts(sum(len(text) + 4 for text in texts))
            kept.append(texts)

    def _asset(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 2 and len(self.assets) < _TEXTS:
                self.assets.append(self._text(item))
                self.notes.budget.take_facts(len(self.assets[-1]) + 4)

    def _objects(self, span: Span) -> None:
        """Look through the object graph, whose nodes may carry the JSON of Keras layers."""
        for node in self._messages(span):
            if node.number != 1:
                continue
            for item in self._messages(node.span):
                if item.number == 3:
                    self._user_object(item.span, 3)

    def keras_metadata(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 1:
                self._user_object(item.span, 5)

    def _user_object(self, span: Span, number: int) -> None:
        for item in self._messages(span):
            if item.number != number or not item.span.size:
                continue
            if item.span.size > _LONGEST_JSON:
                raise BudgetError(f"metadata of {item.span.size:,} bytes are more than is read", offset=item.span.start)
            text = self.window.take(item.span.start, item.span.size, "metadata")
            try:
                document = parse_json(decode(text).text, self.notes.budget)
            except BudgetError:
                raise
            except ReadError:
                self.notes.stop("metadata-not-json", "Keras metadata are not JSON", item.span.start)
                continue
            self.keras.look(document.value, self.notes.budget)

    def text(self, blob: Blob) -> None:
        text = decode(read_whole(blob, self.notes.budget, _LONGEST_TEXT)).text
        for node in graph_nodes(text, self.notes.budget):
            if node.asset:
                self._keep_asset(node.asset)
                continue
            one = self._operator(node.op[:400], node.name[:400], node.function[:400])
            for key, value in node.texts.items():
                self._keep(one["attributes"], [node.name[:400], key[:100], value[:400]])
            for value in node.strings[:_NAMES]:
                self._keep(self.strings, [node.name[:400], value[:400]])

    def _keep_asset(self, name: str) -> None:
        if len(self.assets) < _TEXTS:
            self.notes.budget.take_facts(len(name) + 4)
            self.assets.append(name[:400])


_START = {
    "saved-model": _Seen.saved_model,
    "meta-graph": _Seen.meta_graph,
    "graph": _Seen.graph,
    "keras-metadata": _Seen.keras_metadata,
}
