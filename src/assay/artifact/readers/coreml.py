"""Core ML: which kinds of models, custom layers and classes, and files that weights are read from.

Source of the format: github.com/apple/coremltools, mlmodel/format/Model.proto, NeuralNetwork.proto, MIL.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes, fact_number
from assay.artifact.observation import Observation
from assay.artifact.protobuf import Field, Span, fields
from assay.artifact.window import Window
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "coreml"
VERSION = 1

_KINDS = {
    200: "pipeline-classifier", 201: "pipeline-regressor", 202: "pipeline", 300: "glm-regressor",
    301: "support-vector-regressor", 302: "tree-ensemble-regressor", 303: "neural-network-regressor",
    304: "bayesian-probit-regressor", 400: "glm-classifier", 401: "support-vector-classifier",
    402: "tree-ensemble-classifier", 403: "neural-network-classifier", 404: "nearest-neighbours-classifier",
    500: "neural-network", 501: "item-similarity", 502: "program", 555: "custom", 556: "linked",
    600: "one-hot-encoder", 601: "imputer", 602: "feature-vectorizer", 603: "dict-vectorizer", 604: "scaler",
    606: "categorical-mapping", 607: "normalizer", 609: "array-feature-extractor", 610: "non-maximum-suppression",
    900: "identity", 2000: "text-classifier", 2001: "word-tagger", 2002: "vision-features", 2003: "sound-analysis",
    2004: "gazetteer", 2005: "word-embedding", 2006: "audio-features", 3000: "serialized",
}  # fmt: skip
_PIPELINES, _NETWORKS = (200, 201, 202), (303, 403, 500)
_CUSTOM_LAYER = 500
_MOST = 500
_TEXTS = 16


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the model is made of; weights are jumped over.

    Facts: `version` of the specification, `kinds`, `custom` (class names of custom layers and models, with `texts` they
    bring), `files` (names that a program reads its weights from, or that a linked model is searched by).
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(Window(blob, budget), notes)
    with notes.until_broken():
        seen.model(Span(0, blob.size), 1)
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Walks the messages of a model and of those in its pipeline."""

    window: Window
    notes: Notes
    version: int = 0
    kinds: list[str] = field(default_factory=list)
    custom: list[JSON] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        return {
            "version": fact_number(self.version),
            "kinds": sorted(set(self.kinds)),
            "custom": self.custom,
            "files": list(self.files),
        }

    def _messages(self, span: Span) -> Iterator[Field]:
        return (item for item in fields(self.window, span, self.notes.budget) if item.is_message)

    def _text(self, item: Field) -> str:
        return self.window.text(item.span.start, item.span.size, "a name", 400)

    def model(self, span: Span, depth: int) -> None:
        self.notes.budget.check_depth(depth)
        for item in fields(self.window, span, self.notes.budget):
            if item.number == 1 and item.is_number:
                self.version = max(self.version, item.value)
            elif item.is_message and item.number in _KINDS:
                self.notes.budget.take_facts(24)
                self.kinds.append(_KINDS[item.number])
                self._kind(item, depth)

    def _kind(self, item: Field, depth: int) -> None:
        if item.number in _PIPELINES:
            self._pipeline(item.span, depth, wrapped=item.number != 202)
        elif item.number in _NETWORKS:
            for layer in self._messages(item.span):
                if layer.number == 1:
                    self._layer(layer.span)
        elif item.number == 555:
            self._custom(item.span, "model")
        elif item.number == 556:
            self._linked(item.span, 1)
        elif item.number == 502:
            self._program(item.span, 1)

    def _pipeline(self, span: Span, depth: int, *, wrapped: bool) -> None:
        for item in self._messages(span):
            if item.number == 1 and wrapped:
                self._pipeline(item.span, depth, wrapped=False)
            elif item.number == 1:
                self.model(item.span, depth + 1)

    def _layer(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == _CUSTOM_LAYER:
                self._custom(item.span, "layer")

    def _custom(self, span: Span, kind: str) -> None:
        """Note a custom layer (class name in field 10) or model (in field 1), and texts among its parameters."""
        name, texts = "", []
        for item in self._messages(span):
            if item.number == (10 if kind == "layer" else 1):
                name = self._text(item)
            elif item.number == 30:
                texts += self._parameter(item.span)
        if len(self.custom) < _MOST:
            self.notes.budget.take_facts(len(name) + sum(map(len, texts)) + 60)
            self.custom.append({"kind": kind, "class_name": name, "texts": texts[:_TEXTS]})

    def _parameter(self, span: Span) -> list[str]:
        found = []
        for item in self._messages(span):
            if item.number == 2:
                found += [self._text(value) for value in self._messages(item.span) if value.number == 20]
        return found

    def _linked(self, span: Span, depth: int) -> None:
        """Note the texts of a linked model: where it is searched."""
        self.notes.budget.check_depth(depth)
        for item in self._messages(span):
            for value in self._messages(item.span):
                if value.number in (1, 2):
                    for text in self._messages(value.span):
                        if text.number == 2:
                            self._file(self._text(text))

    def _file(self, name: str) -> None:
        if name not in self.files and len(self.files) < _MOST:
            self.notes.budget.take_facts(len(name) + 4)
            self.files.append(name)

    def _program(self, span: Span, depth: int) -> None:
        """Look for the files that constants of a program lie in: `functions` → `blocks` → `operations` → values."""
        for function in self._entries(span, 2):
            for block in self._entries(function, 3):
                self._block(block, depth)

    def _entries(self, span: Span, number: int) -> Iterator[Span]:
        """Yield the values of the map in field `number`."""
        for entry in self._messages(span):
            if entry.number == number:
                for value in self._messages(entry.span):
                    if value.number == 2:
                        yield value.span

    def _block(self, span: Span, depth: int) -> None:
        self.notes.budget.check_depth(depth)
        for operation in self._messages(span):
            if operation.number != 3:
                continue
            for item in self._messages(operation.span):
                if item.number == 4:
                    self._block(item.span, depth + 1)
                elif item.number == 5:
                    for value in self._messages(item.span):
                        if value.number == 2:
                            self._value(value.span)

    def _value(self, span: Span) -> None:
        for item in self._messages(span):
            if item.number == 5:
                for text in self._messages(item.span):
                    if text.number == 1:
                        self._file(self._text(text))
