"""Graphs of TensorFlow written as text (`saved_model.pbtxt`, `graph.pbtxt`): their nodes, one after another.

Source of the format: protobuf.dev/reference/protobuf/textformat-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.artifact.budget import Budget
from assay.errors import ReadError

__all__ = ["GraphNode", "graph_nodes", "is_graph_text"]

_TOKEN = re.compile(
    r"""(?:\s|\#[^\n]*)*+ (?: (?P<name>[A-Za-z_][\w.]*+) | (?P<text>"(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+')
        | (?P<other>\[[A-Za-z][\w./]*+\]|[-+\w.]++|[{}<>:;,\[\]]) | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ITEMS = 4
"""What a token costs of the budget: it takes several steps."""
_AFTER_FIELD = re.compile(r"\s*[:{<\[]")
_NODES = ("node", "node_def")
_START = re.compile(
    r"(?:\s|\#[^\n]*)*+(?:saved_model_schema_version\s*:|meta_graphs\s*[:{<]|meta_info_def\s*[:{<]|graph_def\s*[:{<]|"
    r"node\s*:?\s*[{<]\s*(?:name|op|input|device|attr)\s*[:{<]|library\s*:?\s*[{<]\s*(?:function|gradient)\s*[:{<])"
)


class GraphNode:
    """A node of a graph or of a function; or, with `asset` only, the name of a file that the model brings."""

    __slots__ = ("asset", "function", "name", "op", "strings", "texts")

    def __init__(self, *, function: str = "", asset: str = "") -> None:
        self.op = ""
        self.name = ""
        self.function = function
        self.asset = asset
        self.texts: dict[str, str] = {}
        """Attributes that are text."""
        self.strings: list[str] = []
        """What a constant of strings holds."""


def is_graph_text(text: str) -> bool:
    """Whether `text` begins as a graph written as text does."""
    return _START.match(text) is not None


def graph_nodes(text: str, budget: Budget) -> Iterator[GraphNode]:
    """Yield the nodes of all graphs and functions in `text`, some items of the budget for each token.

    Raises:
        BudgetError: the budget is spent, or it nests too deep.
        ReadError: it is not written as messages are.
    """
    return _Parser(text, budget).nodes()


class _Level:
    """An open message: the field it stands in, and what was read of it."""

    __slots__ = ("closing", "field", "function", "key", "node")

    def __init__(
        self, field: str, closing: str = "", *, function: str = "", node: GraphNode | None = None, key: str = ""
    ) -> None:
        self.field = field
        self.closing = closing
        self.function = function
        self.node = node
        self.key = key


class _Parser:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._at = 0
        self._levels = [_Level("")]

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match.lastgroup is None:
            raise ReadError("is not written as a message", offset=len(self._text[: self._at].encode()))
        self._budget.take_items(_ITEMS)
        self._at = match.end()
        return match.lastgroup, match[match.lastgroup]

    def nodes(self) -> Iterator[GraphNode]:
        name = ""
        while True:
            kind, token = self._next()
            if kind == "end":
                break
            if token in "{<":
                self._open(name, token)
            elif token in "}>":
                # What follows in a list of messages belongs to the same field.
                name = self._levels[-1].field
                yield from self._close(token)
            elif kind == "name" and self._is_field():
                name = token
            elif kind == "text":
                yield from self._value(name, self._joined(token))
        if len(self._levels) > 1:
            raise ReadError("ends inside a message", offset=len(self._text.encode()))

    def _is_field(self) -> bool:
        """Whether a name is that of a field, not a word as value: a colon, a message or a list follows."""
        return _AFTER_FIELD.match(self._text, self._at) is not None

    def _joined(self, token: str) -> str:
        """Return the text of `token` and of those right after it, which belong to it."""
        parts = [_unescaped(token)]
        while True:
            match = _TOKEN.match(self._text, self._at)
            if match is None or match.lastgroup != "text":
                return "".join(parts)
            self._at = match.end()
            parts.append(_unescaped(match["text"]))

    def _open(self, name: str, token: str) -> None:
        self._budget.check_depth(len(self._levels))
        above = self._levels[-1]
        level = _Level(name, "}" if token == "{" else ">", function=above.function, node=above.node, key=above.key)
        if name in _NODES:
            level.node = GraphNode(function=above.function)
        elif name in ("function", "asset_file_def"):
            level.node = None
        self._levels.append(level)

    def _close(self, token: str) -> Iterator[GraphNode]:
        level = self._levels.pop()
        if not self._levels or level.closing != token:
            raise ReadError("closes a message that is not open", offset=len(self._text[: self._at].encode()))
        if level.field in _NODES and level.node is not None:
            if not level.node.function:
                level.node.function = self._levels[-1].function
            yield level.node
        elif level.field == "signature":
            self._levels[-1].function = level.function

    def _value(self, name: str, value: str) -> Iterator[GraphNode]:
        level = self._levels[-1]
        if level.field in _NODES and level.node is not None:
            if name in ("op", "name"):
                setattr(level.node, name, value)
        elif level.field == "signature" and name == "name":
            level.function = value
        elif level.field == "asset_file_def" and name == "filename":
            yield GraphNode(asset=value)
        elif level.field == "attr" and name == "key":
            level.key = value
        elif level.node is not None and name == "s" and len(level.node.texts) < 16:
            level.node.texts[level.key] = value
        elif level.node is not None and name == "string_val" and len(level.node.strings) < 64:
            level.node.strings.append(value)


def _unescaped(token: str) -> str:
    def one(match: re.Match[str]) -> str:
        hexadecimal, octal, short, long, letter = match.groups()
        if letter is not None:
            return _CONTROL.get(letter, letter)
        code = int(octal, 8) if octal else int(hexadecimal or short or long, 16)
        return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"

    return _ESCAPE.sub(one, token[1:-1])
