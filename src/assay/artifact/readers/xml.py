"""XML (OpenVINO, PMML and any other): what its document type declares, its elements, and OpenVINO's layers.

No entity is expanded and nothing outside the file is opened.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.text.documents import clean
from assay.artifact.text.textual import charge, observed, problem_of, read_whole
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "xml"
VERSION = 3

_LIMIT = 64 * 1024 * 1024
_MOST = 200
_KEPT = 300
_DEPTH = 256
_PIECE = 256 * 1024
_LONGEST_TAG = 2 * 1024 * 1024
"""Bytes of a tag, a declaration or a comment: the parser keeps one whole, and its attributes take many times that."""
_LIBRARY = re.compile(r".*\.(?:so(?:\.\d+)*|dll|dylib)\Z", re.DOTALL | re.IGNORECASE)


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what an XML document declares and holds; what is no XML is incomplete.

    Facts: `root`, `doctype` (name, system, public; or null), `entities` (name, system, public, length of the text,
    whether that names other entities, whether it is a parameter entity), `elements` (count by name), `layers` of an
    OpenVINO model (type, version, count), `data_end` (how far its constants reach in the file of weights),
    `libraries` (element, attribute and value, where an OpenVINO model names native code), `includes` (what elements of
    XInclude name).

    Raises:
        BudgetError: it is larger than 64 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    del path, depth
    data = read_whole(blob, budget, _LIMIT)
    seen = _Seen(budget)
    problems: list[Problem] = []
    try:
        seen.parse(data)
    except ReadError as error:
        problems.append(problem_of(error))
    facts = seen.facts()
    charge(budget, facts)
    return observed((FORMAT, VERSION), facts, data, problems, complete=not problems)


@dataclass(slots=True)
class _Seen:
    """Takes what the parser sees."""

    budget: Budget
    root: str = ""
    depth: int = 0
    doctype: dict[str, JSON] | None = None
    entities: list[JSON] = field(default_factory=list)
    elements: Counter[str] = field(default_factory=Counter)
    layers: Counter[tuple[str, str]] = field(default_factory=Counter)
    data_end: int = 0
    libraries: list[JSON] = field(default_factory=list)
    includes: list[JSON] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        return {
            "root": self.root,
            "doctype": self.doctype,
            "entities": self.entities,
            "elements": dict(sorted(self.elements.items())),
            "layers": [[*key, count] for key, count in sorted(self.layers.items())],
            "libraries": self.libraries,
            "includes": self.includes,
            "data_end": min(self.data_end, 2**53 - 1),
        }

    def parse(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        # With this handler set, the parser leaves entities as they are written.
        parser.DefaultHandler = self._other
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._external
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            for at in range(0, len(data), _PIECE):
                parser.Parse(data[at : at + _PIECE], False)
                if min(at + _PIECE, len(data)) - parser.CurrentByteIndex > _LONGEST_TAG:
                    raise BudgetError("holds a tag longer than is read", offset=parser.CurrentByteIndex)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ReadError(f"is not valid XML at or after line {error.lineno}", offset=parser.ErrorByteIndex) from None
        except (ValueError, LookupError) as error:
            raise ReadError(f"is not valid XML: {clean(str(error))[:100]}") from None

    def _other(self, _data: str) -> None: ...

    def _external(self, *_names: str | None) -> int:
        return 1

    def _doctype(self, name: str, system: str | None, public: str | None, _internal: bool) -> None:  # noqa: FBT001
        self.doctype = {"name": clean(name[:_KEPT]), "system": _text(system), "public": _text(public)}

    def _entity(
        self, name: str, is_parameter: bool, value: str | None, _base: str | None, system: str | None,  # noqa: FBT001
        public: str | None, _notation: str | None,
    ) -> None:  # fmt: skip
        self.budget.take_items()
        if len(self.entities) < _MOST:
            nests = value is not None and "&" in value
            self.entities.append({
                "name": clean(name[:_KEPT]), "system": _text(system), "public": _text(public),
                "length": len(value or ""), "nests": nests, "parameter": bool(is_parameter),
            })  # fmt: skip

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.budget.take_items(7)
        self.depth += 1
        if self.depth > _DEPTH:
            raise BudgetError(f"nests deeper than {_DEPTH} levels")
        self.root = self.root or clean(name[:_KEPT])
        if name in self.elements or len(self.elements) < _MOST:
            self.elements[clean(name[:_KEPT])] += 1
        if name.rpartition(":")[2] == "include" and "href" in attributes and len(self.includes) < _MOST:
            self.includes.append(clean(attributes["href"][:_KEPT]))
        if self.root != "net":
            return
        for label, value in attributes.items():
            if len(self.libraries) < _MOST and _LIBRARY.match(value):
                self.libraries.append([clean(text[:_KEPT]) for text in (name, label, value)])
        if name == "layer":
            self.budget.take_items(7)
            key = (clean(attributes.get("type", "")[:_KEPT]), clean(attributes.get("version", "")[:_KEPT]))
            if key in self.layers or len(self.layers) < 5 * _MOST:
                self.layers[key] += 1
        elif name == "data" and "offset" in attributes:
            numbers = [attributes.get(key, "") for key in ("offset", "size")]
            if all(number.isascii() and number.isdigit() and len(number) < 30 for number in numbers):
                self.data_end = max(self.data_end, sum(map(int, numbers)))

    def _end(self, _name: str) -> None:
        self.depth -= 1


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value[:_KEPT])
