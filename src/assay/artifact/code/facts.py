"""Python syntax to facts: what is imported, called and referred to, where, and under which condition; nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.code.credentials import credentials_in
from assay.artifact.code.expressions import place_name
from assay.artifact.code.flow import Flow, Function
from assay.artifact.code.names import Names, chain_root, module_of, suppresses_missing_import, survives_missing_import
from assay.artifact.code.values import ARGUMENTS, literal
from assay.artifact.text.documents import map_strings
from assay.canonical import JSON

__all__ = ["CodeFacts"]

_BUILT_IN = frozenset({"eval", "exec", "compile", "open", "__import__", "getattr"})
"""Functions without a module that may be called under another name."""
_CERTAIN = 8
"""A credential this long is hidden within other texts too."""


class _Where(NamedTuple):
    """What surrounds a piece of code."""

    scope: str = "module"
    asked: bool = False
    """Runs only where a test for availability said so."""
    tried: bool = False
    """Inside a block that survives a missing import."""
    line: int | None = None
    """The line to report for all inside an f-string, whose parts versions of Python number differently."""
    to: str | None = None
    """The name that the value is given to."""


_Step = tuple[ast.AST, _Where]


class CodeFacts:
    """Imports, calls and attributes of one module, each in order of line.

    The facts do not depend on the version of Python, for source that all of 3.11 to 3.13 accept.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._names = Names(budget)
        self._referred: set[tuple[str, bool, str]] = set()
        self._imports: list[dict[str, JSON]] = []
        self._calls: list[dict[str, JSON]] = []
        self._attributes: list[dict[str, JSON]] = []
        self._sets: list[dict[str, JSON]] = []
        self._returns: list[dict[str, JSON]] = []
        self._credentials: list[dict[str, JSON]] = []
        self._hidden: dict[str, str] = {}
        self._flow = Flow(budget, self._names)

    def collect(self, tree: ast.Module) -> None:
        """Add the facts of `tree`, without recursion.

        Raises:
            BudgetError: too many nodes, too much to keep, or nested deeper than 600; what was collected stays.
        """
        self._names.learn(tree)
        self._flow.run(tree)
        steps: list[_Step] = [(tree, _Where())]
        while steps:
            node, where = steps.pop()
            self._budget.take_items()
            self._note_credentials(node, where)
            steps.extend(reversed(list(self._visit(node, where))))
        for target, record in self._flow.sets:
            self._record(self._sets, target, _Where(), record)
        for given, entry in self._flow.returns:
            self._record(self._returns, given, _Where(), {"value": entry, "at": _place(given)})

    def to_json(self) -> dict[str, JSON]:
        """Return `imports`, `calls`, `attributes`, `sets`, `credentials`, `functions`, and `returns` of HTML."""
        found = {
            "imports": self._imports,
            "calls": self._calls,
            "attributes": self._attributes,
            "sets": self._sets,
            "credentials": self._credentials,
            **({"returns": self._returns} if self._returns else {}),
        }
        facts: dict[str, JSON] = {
            name: sorted(records, key=lambda record: int(record["line"])) for name, records in found.items()
        }
        if self._hidden:
            facts = {name: map_strings(records, self._hide) for name, records in facts.items()}
        return {**facts, "functions": [list(function) for function in sorted(self._flow.functions, key=_first_line)]}

    def _hide(self, text: str) -> str:
        hidden = self._hidden.get(text)
        if hidden is not None:
            return hidden
        for value, preview in self._hidden.items():
            if len(value) >= _CERTAIN and value in text:
                text = text.replace(value, preview)
        return text

    def _note_credentials(self, node: ast.AST, where: _Where) -> None:
        inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.keyword | ast.arguments)]
        for part in (node, *inner):
            for found in credentials_in(part):
                self._hidden[found.value] = found.preview
                if found.within:
                    self._hidden[found.within] = found.within.replace(found.value, found.preview)
                record: dict[str, JSON] = {
                    "name": found.name,
                    "preview": found.preview,
                    "line": where.line or found.line,
                }
                self._budget.take_facts(len(repr(record)))  # a tenth of the time that writing it as JSON takes
                self._credentials.append(record)

    def _visit(self, node: ast.AST, where: _Where) -> Iterator[_Step]:
        """Record what `node` says and yield what stands in it, with what surrounds that."""
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, where)
            case ast.Call():
                self._call(node, where)
                yield from _each(_behind(node.func), where)
                yield from _each([*node.args, *(keyword.value for keyword in node.keywords)], where)
            case ast.Attribute() | ast.Name():
                self._reference(node, where)
                yield from _each(_behind(node), where)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from _each([*targets, *([node.annotation] if isinstance(node, ast.AnnAssign) else [])], where)
                if node.value is not None:
                    yield node.value, where._replace(to=_given_to(targets[0]))
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                scope = "main" if where.scope == "module" else where.scope
                yield from _each(node.body, where._replace(scope=scope))
                yield from _each(node.orelse, where)
            case ast.If() | ast.IfExp() | ast.While():
                yield node.test, where
                yield from self._branches(node, where)
            case ast.BoolOp():
                yield from self._operands(node, where)
            case ast.Try() | ast.TryStar():
                tried = where.tried or survives_missing_import(node.handlers)
                yield from _each(node.body, where._replace(tried=tried))
                yield from _each([*node.handlers, *node.orelse, *node.finalbody], where)
            case ast.With() if suppresses_missing_import(node):
                yield from _each(node.body, where._replace(tried=True))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                yield from _definition(node, where, self._names.asks)
            case ast.JoinedStr():
                yield from _each(node.values, where._replace(line=where.line or node.lineno))
            case _:
                yield from _each(ast.iter_child_nodes(node), where)

    def _branches(self, node: ast.If | ast.IfExp | ast.While, where: _Where) -> Iterator[_Step]:
        inner = where._replace(asked=where.asked or self._names.asks(node.test))
        for branch in (node.body, node.orelse):
            yield from _each(branch if isinstance(branch, list) else [branch], inner)

    def _operands(self, node: ast.BoolOp, where: _Where) -> Iterator[_Step]:
        for value in node.values:
            yield value, where
            where = where._replace(asked=where.asked or self._names.asks(value))

    def _import(self, node: ast.Import | ast.ImportFrom, where: _Where) -> None:
        guarded = where.asked or where.tried
        if isinstance(node, ast.ImportFrom):
            named = [(module_of(node), [alias.name for alias in node.names])]
        else:
            named = [(alias.name, []) for alias in node.names]
        for module, names in named:
            record = {"module": module, "names": names, "guarded": guarded}
            self._record(self._imports, node, where, record)

    def _call(self, node: ast.Call, where: _Where) -> None:
        for name in self._names.callee(node.func):
            arguments: list[JSON] = [literal(argument) for argument in node.args[:ARGUMENTS]]
            if len(node.args) > ARGUMENTS:
                arguments.append({"more": len(node.args) - ARGUMENTS})
            keywords = {keyword.arg or "**": literal(keyword.value) for keyword in node.keywords}
            record = {"name": name, "args": arguments, "keywords": keywords, "guarded": where.asked}
            started = self._add_flow(record, node, where)
            self._record(self._calls, node, where._replace(scope="module") if started else where, record)

    def _add_flow(self, record: dict[str, JSON], node: ast.Call, where: _Where) -> bool:
        """Add what is known beyond the syntax of the call; return whether importing the module makes it."""
        kept = self._flow.calls.get(id(node))
        if where.line is None:
            record["at"] = _place(node)
        if where.tried:
            record["tried"] = True
        if where.to is not None and not record["name"].startswith("?"):
            record["to"] = where.to[:80]
        if kept is None:
            record["flow"] = None
            return False
        names = [name for name in kept.names if name != record["name"] and ("." in name or name in _BUILT_IN)]
        shadowed = record["name"].isidentifier() and record["name"] not in kept.names
        if names or shadowed:
            record["as"] = names
        plain = record["name"].startswith("?") and not names
        flow = {key: entry for key, entry in kept.flow.items() if not plain or _tells(entry)}
        if flow:
            record["flow"] = flow
        return where.scope == "function" and kept.within in self._flow.started

    def _reference(self, node: ast.Attribute | ast.Name, where: _Where) -> None:
        for name in self._names.dotted(node):
            key = (name, where.asked, where.scope)
            if isinstance(node.ctx, ast.Load) and key not in self._referred:
                self._referred.add(key)
                self._record(self._attributes, node, where, {"name": name, "guarded": where.asked})

    def _record(
        self, records: list[dict[str, JSON]], node: ast.expr | ast.stmt, where: _Where, record: dict[str, JSON]
    ) -> None:
        record |= {"line": where.line or node.lineno, "scope": where.scope}
        self._budget.take_facts(len(repr(record)))  # a tenth of the time that writing it as JSON takes
        records.append(record)


def _given_to(target: ast.expr) -> str | None:
    name = place_name(target)
    return f"?.{target.attr}" if name is None and isinstance(target, ast.Attribute) else name


def _place(node: ast.expr) -> JSON:
    return [node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0]


def _tells(entry: dict[str, JSON]) -> bool:
    """Whether to keep what an unknown method is given: more than where it comes from, or the name of an upload."""
    return entry.keys() != {"from"} or any(".filename" in origin for origin in entry["from"])


def _first_line(function: Function) -> tuple[int, str]:
    return function.first, function.name


def _each(nodes: Iterable[ast.AST], where: _Where) -> Iterator[_Step]:
    return ((node, where) for node in nodes)


def _behind(node: ast.AST) -> list[ast.AST]:
    """Return what a chain of attributes starts from, unless that is a mere name, which the chain has told already."""
    root = chain_root(node)
    return [] if isinstance(root, ast.Name) else [root]


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef,
    where: _Where,
    asks: Callable[[ast.AST], bool],
) -> Iterator[_Step]:
    """Decorators, defaults and bases belong to what surrounds a definition; its body runs elsewhere or later."""
    body = node.body if isinstance(node.body, list) else [node.body]
    inside = set(map(id, body))
    yield from _each((child for child in ast.iter_child_nodes(node) if id(child) not in inside), where)
    if isinstance(node, ast.ClassDef):
        yield from _each(body, where._replace(scope="class"))
        return
    where = where._replace(scope="function", tried=False)
    for statement in body:
        yield statement, where
        # `if not torch.cuda.is_available(): return …`: what follows runs where the test said so.
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return) and asks(statement.test):
            where = where._replace(asked=True)
