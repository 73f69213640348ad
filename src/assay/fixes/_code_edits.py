"""Python source that is changed token by token: what is not named stays as it is, comments and spaces too."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import NamedTuple

from assay.errors import FixError

__all__ = ["Source", "Span"]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_QUIET = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


class Span(NamedTuple):
    """A stretch of the source in bytes."""

    start: int
    end: int


class _Edit(NamedTuple):
    span: Span
    text: str


class Source:
    """One file of Python and the edits that are to be made in it."""

    def __init__(self, data: bytes) -> None:
        """Take `data` apart.

        Raises:
            FixError: it is no UTF-8, or no Python.
        """
        self._bom = _BOM if data.startswith(_BOM) else b""
        self.data = data.removeprefix(_BOM)
        self._edits: list[_Edit] = []
        self._imports: list[tuple[str, str | None]] = []
        try:
            self.text = self.data.decode("utf-8")
            self.tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise FixError("it cannot be taken apart as Python in UTF-8", hint="Mend it by hand.") from error
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(self.data))]
        self._calls = {
            (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset): node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
        }
        self._parents = {id(child): node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def call(self, place: object) -> ast.Call | None:
        """Return the call at `place`, as an observation gives it: first line and column, last line and column."""
        return self._calls.get(tuple(place)) if isinstance(place, list) and len(place) == 4 else None

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that `node` stands in."""
        return self._parents.get(id(node))

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> Span:
        """Return where `node` stands."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Span(self._lines[node.lineno - 1] + node.col_offset, self._lines[end_line - 1] + end_column)

    def written(self, node: ast.expr) -> str:
        """Return the text of `node`."""
        span = self.span(node)
        return self.data[span.start : span.end].decode("utf-8")

    def replace(self, span: Span, text: str) -> None:
        """Put `text` in the place of `span`."""
        if _Edit(span, text) not in self._edits:
            self._edits.append(_Edit(span, text))

    def rename_last(self, node: ast.expr, name: str) -> bool:
        """Give the last part of a dotted name another name; of a plain name nothing can be said."""
        if not isinstance(node, ast.Attribute):
            return False
        end = self.span(node).end
        self.replace(Span(end - len(node.attr.encode()), end), name)
        return True

    def add_argument(self, call: ast.Call, text: str) -> None:
        """Add an argument at the end of a call."""
        before = self._last_token(call)
        lead = {"(": "", ",": " "}.get(before[0], ", ")
        self.replace(Span(before[1], before[1]), lead + text)

    def remove_argument(self, call: ast.Call, keyword: ast.keyword) -> None:
        """Remove a named argument and the comma that goes with it."""
        span = self.span(keyword)
        after = re.compile(rb"\s*,[ \t]*").match(self.data, span.end)
        before = re.compile(rb",\s*\Z").search(self.data[self.span(call).start : span.start])
        if after is not None and self.data[after.end() : after.end() + 1] not in (b")", b"\n", b"\r", b"#"):
            self.replace(Span(span.start, after.end()), "")
        elif before is not None:
            start = self.span(call).start + before.start()
            self.replace(Span(start, span.end), "")
        else:
            self.replace(Span(span.start, after.end() if after is not None else span.end), "")

    def need_import(self, module: str, name: str | None = None) -> None:
        """See that `import module`, or `from module import name`, stands in the file."""
        if (module, name) not in self._imports:
            self._imports.append((module, name))

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be changed."""
        return bool(self._edits)

    def result(self) -> bytes:
        """Return the source after all edits.

        Raises:
            FixError: two edits overlap, or what comes out is no Python.
        """
        for module, name in self._imports:
            self._import(module, name)
        ordered = sorted(self._edits, key=lambda edit: (edit.span.start, edit.span.end))
        pieces, at = [], 0
        for edit in ordered:
            if edit.span.start < at:
                raise FixError("two repairs would change the same place", hint="Repair one by hand, then run again.")
            pieces += [self.data[at : edit.span.start], edit.text.encode("utf-8")]
            at = edit.span.end
        changed = b"".join([*pieces, self.data[at:]])
        try:
            ast.parse(changed)
        except (SyntaxError, ValueError) as error:
            raise FixError("the repaired code would be no Python", hint="Mend it by hand.") from error
        return self._bom + changed

    def _import(self, module: str, name: str | None) -> None:
        for node in self.tree.body:
            if name is None and isinstance(node, ast.Import) and any(_binds(alias, module) for alias in node.names):
                return
            if name is not None and isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
                if all(alias.name != name for alias in node.names):
                    end = self.span(node.names[-1]).end
                    self.replace(Span(end, end), f", {name}")
                return
        line = f"import {module}" if name is None else f"from {module} import {name}"
        at = self._place_for_import()
        self.replace(Span(at, at), line + self._line_end())

    def _place_for_import(self) -> int:
        """Return where a new import may stand: before the first that is there, else after docstring and future."""
        first = 0
        for node in self.tree.body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not docstring and not future:
                return (
                    self._lines[node.lineno - 1]
                    if not first or isinstance(node, ast.Import | ast.ImportFrom)
                    else first
                )
            first = self._lines[min(node.end_lineno or node.lineno, len(self._lines) - 1)]
        return first

    def _line_end(self) -> str:
        found = _LINE_END.search(self.data)
        return found[0].decode() if found else "\n"

    def _last_token(self, call: ast.Call) -> tuple[str, int]:
        """Return the last token before the closing bracket of `call` that is no comment, and where it ends."""
        span = self.span(call)
        opening = self.span(call.func).end
        text = self.data[opening : span.end].decode("utf-8")
        last = ("(", opening + 1)
        lines = [0, *(match.end() for match in _LINE_END.finditer(text.encode()))]
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
        closing = max(index for index, token in enumerate(tokens) if token.string == ")")
        for token in tokens[:closing]:
            if token.type not in _QUIET and token.string:
                row, column = token.end
                line = text.encode()[lines[row - 1] :].decode("utf-8")
                last = (token.string, opening + lines[row - 1] + len(line[:column].encode()))
        return last


def _binds(alias: ast.alias, module: str) -> bool:
    return alias.name == module and alias.asname in (None, module)
