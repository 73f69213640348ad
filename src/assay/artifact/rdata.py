"""R's serialisation, walked without recursion: binary (XDR or native) and ASCII; data are jumped over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.text.documents import clean
from assay.artifact.window import Window
from assay.errors import BudgetError, ReadError

__all__ = ["Item", "RSource", "open_source", "walk"]

_SYM, _LIST, _CLO, _ENV, _PROM, _LANG, _CHAR = 1, 2, 3, 4, 5, 6, 9
_WIDTHS = {10: 4, 13: 4, 14: 8, 15: 16, 24: 1}
_LISTS = frozenset({_LIST, _CLO, _PROM, _LANG, 17})
_ATTR_KINDS = {240: _LANG, 239: _LIST}
_REF, _NAMESPACE, _PACKAGE, _PERSIST = 255, 249, 248, 247
_UNBOUND = 252
_PLAIN = frozenset({254, 253, 252, 251, 250, 242, 241, 0})
_ALTREP, _BYTECODE = 238, 21
_BC_DEF, _BC_REF = 244, 243
_LONGEST_NAME = 200
_STEP_COST = 20
"""Items that an object costs, because what is done for each takes as long."""
_LONGEST_TEXT = 1024 * 1024
_ASCII_LIMIT = 16 * 1024 * 1024


class Item(NamedTuple):
    """One object of the stream."""

    kind: int
    """R's type number: 3 a closure, 5 a promise, 6 a call …"""
    within: str | None
    """`promise`, `closure` or `language` where it is part of such; None where it is data."""
    head: bool = False
    """The function of a call."""
    name: str | None = None
    """The text of a symbol or a string."""
    unbound: bool = False
    """Stands for a value that is not there yet."""


class _Step(NamedTuple):
    """What is to be read next."""

    what: str = "item"
    within: str | None = None
    head: bool = False
    times: int = 1


@dataclass(slots=True)
class RSource:
    """Numbers and texts of a stream, in the encoding its first byte names."""

    window: Window
    encoding: str
    at: int
    rdata: bool
    version: int = 0
    lines: list[bytes] = field(default_factory=list)
    line: int = 0

    def left(self) -> int:
        """Return how many bytes have not been read; 0 for the ASCII form."""
        return 0 if self.encoding == "ascii" else self.window.size - self.at

    def integer(self) -> int:
        """Return the next integer.

        Raises:
            ReadError: there is none.
        """
        if self.encoding == "ascii":
            text = self._next()
            if text == b"NA":
                return -(2**31)
            if not text.lstrip(b"-").isdigit() or len(text) > 12:
                raise ReadError(f"line {self.line} is no number", offset=self.at)
            return int(text)
        raw = self.window.take(self.at, 4, "an R object")
        self.at += 4
        return int.from_bytes(raw, "big" if self.encoding == "xdr" else "little", signed=True)

    def skip(self, count: int, width: int) -> None:
        """Jump over `count` numbers of `width` bytes."""
        if self.encoding == "ascii":
            lines = count if width < 16 else 2 * count
            if self.line + lines > len(self.lines):
                raise ReadError("ends inside a vector", offset=self.at)
            self.line += lines
            return
        if self.at + count * width > self.window.size:
            raise ReadError("a vector reaches beyond the end", offset=self.at)
        self.at += count * width

    def text(self, length: int) -> str:
        """Return a text of `length` bytes, at most 200 characters of it."""
        if not 0 <= length <= _LONGEST_TEXT and self.encoding == "ascii":
            raise ReadError("a text is too long", offset=self.at)
        if self.encoding == "ascii":
            raw = self._next()
        else:
            raw = self.window.take(self.at, min(length, _LONGEST_NAME), "a text")
            self.skip(length, 1)
        return clean(raw[:_LONGEST_NAME].decode("utf-8", "replace"))

    def _next(self) -> bytes:
        if self.line >= len(self.lines):
            raise ReadError("ends inside an object", offset=self.window.size)
        self.line += 1
        return self.lines[self.line - 1].strip()


def open_source(blob: Blob, budget: Budget) -> RSource:
    """Return the stream of `blob` behind its header.

    Raises:
        ReadError: there is no header of a version that is known.
        BudgetError: an ASCII stream is longer than 16 MiB.
    """
    window = Window(blob, budget)
    rdata = window.peek(0, 2) == b"RD"
    at = 5 if rdata else 0
    encoding = {b"X\n": "xdr", b"A\n": "ascii", b"B\n": "native"}.get(window.peek(at, 2))
    if encoding is None:
        raise ReadError("is no R object in a form that is known", offset=at)
    source = RSource(window, encoding, at + 2, rdata)
    if encoding == "ascii":
        if blob.size > _ASCII_LIMIT:
            raise BudgetError(f"is {blob.size:,} bytes of text; this form is read up to {_ASCII_LIMIT:,}")
        budget.take_bytes(blob.size)
        source.lines = blob.read_at(source.at, blob.size).splitlines()
    source.version = source.integer()
    source.integer()
    source.integer()
    if source.version == 3:
        source.text(source.integer())
    elif source.version != 2:
        raise ReadError(f"has the unknown version {source.version}", offset=at)
    return source


def walk(source: RSource, budget: Budget, on_item: Callable[[Item], None]) -> None:
    """Go through every object of `source` and tell `on_item` of each; costs 20 items each.

    Raises:
        ReadError: the stream is damaged or holds an object of an unknown kind.
        BudgetError: there are more objects than the limit allows.
    """
    _Walk(source, budget, on_item).run()


@dataclass(slots=True)
class _Walk:
    source: RSource
    budget: Budget
    on_item: Callable[[Item], None]
    steps: list[_Step] = field(default_factory=list)
    references: list[str | None] = field(default_factory=list)

    def run(self) -> None:
        self.steps = [_Step()]
        while self.steps:
            step = self.steps.pop()
            if step.times > 1:
                self.steps.append(_Step(step.what, step.within, step.head, step.times - 1))
            if step.times < 1:
                continue
            self.budget.take_items(_STEP_COST)
            if step.what == "item":
                self._item(step, self.source.integer())
            elif step.what == "linked":
                self._linked(step, self.source.integer())
            elif step.what == "code":
                self.steps += [_Step("constants", step.within), _Step("item", step.within)]
            elif step.what == "constants":
                self.steps.append(_Step("constant", step.within, times=self._count()))
            else:
                self._constant(step)

    def _item(self, step: _Step, flags: int) -> None:
        kind = flags & 0xFF
        attributes, tagged = bool(flags & 0x200), bool(flags & 0x400)
        within = step.within
        if kind in _ATTR_KINDS:
            kind, attributes = _ATTR_KINDS[kind], True
        if kind == _REF:
            self._reference(step, flags)
            return
        inner = {_PROM: "promise", _CLO: "closure", _LANG: within or "language"}.get(kind, within)
        if kind not in (_SYM, _CHAR):
            self.on_item(Item(kind, within, unbound=kind == _UNBOUND))
        if kind in _PLAIN:
            return
        if kind in _LISTS:
            self._pairs(kind, inner, attributes=attributes, tagged=tagged)
        elif kind == _SYM:
            self._symbol(step)
        elif kind == _CHAR:
            self._text(step)
        else:
            self._other(kind, within, attributes=attributes)

    def _pairs(self, kind: int, inner: str | None, *, attributes: bool, tagged: bool) -> None:
        """Read what hangs on a list cell: attributes, tag (of code: where it runs), first, rest."""
        rest = _Step("item", inner)
        first = _Step("item", inner, head=kind == _LANG)
        around = _Step("item", None if kind in (_CLO, _PROM) else inner)
        self.steps += [rest, first, *([around] if tagged else []), *([_Step("item", None)] if attributes else [])]

    def _symbol(self, step: _Step) -> None:
        flags = self.source.integer()
        if flags & 0xFF != _CHAR:
            raise ReadError("a symbol has no name", offset=self.source.at)
        length = self.source.integer()
        name = self.source.text(length) if length >= 0 else "NA"
        self.references.append(name)
        self.on_item(Item(_SYM, step.within, step.head, name))

    def _text(self, step: _Step) -> None:
        length = self.source.integer()
        text = self.source.text(length) if length >= 0 else "NA"
        self.on_item(Item(_CHAR, step.within, name=text))

    def _reference(self, step: _Step, flags: int) -> None:
        index = flags >> 8 or self.source.integer()
        if not 0 < index <= len(self.references):
            raise ReadError("refers to an object that was not there", offset=self.source.at)
        name = self.references[index - 1]
        self.on_item(Item(_SYM if name is not None else _REF, step.within, step.head, name))

    def _other(self, kind: int, within: str | None, *, attributes: bool) -> None:
        after = [_Step("item", None)] if attributes else []
        if kind == _ENV:
            self.references.append(None)
            self.source.integer()
            self.steps.append(_Step("item", None, times=4))
        elif kind in (_NAMESPACE, _PACKAGE, _PERSIST):
            self.references.append(None)
            self.source.integer()
            self.steps.append(_Step("item", None, times=self._count()))
        elif kind in (7, 8):
            self.on_item(Item(_SYM, within, head=True, name=self.source.text(self._count())))
        elif kind in _WIDTHS:
            self.source.skip(self._count(), _WIDTHS[kind])
            self.steps += after
        elif kind in (16, 19, 20):
            self.steps += [*after, _Step("item", within or ("language" if kind == 20 else None), times=self._count())]
        elif kind in (22, 23):
            self.references.append(None)
            self.steps += [*after, *([_Step("item", None, times=2)] if kind == 22 else [])]
        elif kind == 25:
            self.steps += after
        elif kind == _ALTREP:
            self.steps.append(_Step("item", within, times=3))
        elif kind == _BYTECODE:
            self.source.integer()
            self.steps += [*after, _Step("code", within)]
        else:
            raise ReadError(f"holds an object of the unknown kind {kind}", offset=self.source.at)

    def _constant(self, step: _Step) -> None:
        kind = self.source.integer()
        if kind == _BYTECODE:
            self.steps.append(_Step("code", step.within))
        elif kind in (_LANG, _LIST, _BC_DEF, _BC_REF, *_ATTR_KINDS):
            self._linked(step, kind)
        else:
            self.steps.append(_Step("item", step.within))

    def _linked(self, step: _Step, kind: int) -> None:
        """Read a call among the constants of byte code, where parts may refer to earlier ones."""
        if kind == _BC_REF:
            self.source.integer()
            return
        if kind == _BC_DEF:
            self.source.integer()
            kind = self.source.integer()
        if kind not in (_LANG, _LIST, *_ATTR_KINDS):
            self.steps.append(_Step("item", step.within, step.head))
            return
        attributes = [_Step("item", None)] if kind in _ATTR_KINDS else []
        first = _Step("linked", step.within, head=_ATTR_KINDS.get(kind, kind) == _LANG)
        self.steps += [_Step("linked", step.within), first, _Step("item", step.within), *attributes]

    def _count(self) -> int:
        """Return a length; long vectors have two numbers."""
        count = self.source.integer()
        if count == -1:
            count = (self.source.integer() & 0xFFFFFFFF) << 32 | self.source.integer() & 0xFFFFFFFF
        if count < 0:
            raise ReadError("has a negative length", offset=self.source.at)
        return count
