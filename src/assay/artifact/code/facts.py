"""Python syntax to facts: what is imported, called and referred to, where, and under which condition; nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.code.names import Names, chain_root, module_of, suppresses_missing_import, survives_missing_import
from assay.artifact.text.documents import clean
from assay.canonical import JSON, canonical_json

__all__ = ["CodeFacts"]

_ARGUMENTS = 16
_LITERAL_DEPTH = 4
_STRING = 200
_MAX_INT = 2**53 - 1
_UNKNOWN: JSON = {"unknown": True}


class _Where(NamedTuple):
    """What surrounds a piece of code."""

    scope: str = "module"
    asked: bool = False
    """Runs only where a test for availability said so."""
    tried: bool = False
    """Inside a block that survives a missing import."""
    line: int | None = None
    """The line to report for all inside an f-string, whose parts versions of Python number differently."""


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

    def collect(self, tree: ast.AST) -> None:
        """Add the facts of `tree`, without recursion.

        Raises:
            BudgetError: too many nodes, too much to keep, or nested deeper than 600; what was collected stays.
        """
        self._names.learn(tree)
        steps: list[_Step] = [(tree, _Where())]
        while steps:
            node, where = steps.pop()
            self._budget.take_items()
            steps.extend(reversed(list(self._visit(node, where))))

    def to_json(self) -> dict[str, JSON]:
        """Return `imports`, `calls` and `attributes`."""
        found = {"imports": self._imports, "calls": self._calls, "attributes": self._attributes}
        return {name: sorted(records, key=lambda record: int(record["line"])) for name, records in found.items()}

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
                yield from _definition(node, where)
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
            arguments: list[JSON] = [_literal(argument) for argument in node.args[:_ARGUMENTS]]
            if len(node.args) > _ARGUMENTS:
                arguments.append({"more": len(node.args) - _ARGUMENTS})
            keywords = {keyword.arg or "**": _literal(keyword.value) for keyword in node.keywords}
            record = {"name": name, "args": arguments, "keywords": keywords, "guarded": where.asked}
            self._record(self._calls, node, where, record)

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
        self._budget.take_facts(len(canonical_json(record)) + 1)
        records.append(record)


def _each(nodes: Iterable[ast.AST], where: _Where) -> Iterator[_Step]:
    return ((node, where) for node in nodes)


def _behind(node: ast.AST) -> list[ast.AST]:
    """Return what a chain of attributes starts from, unless that is a mere name, which the chain has told already."""
    root = chain_root(node)
    return [] if isinstance(root, ast.Name) else [root]


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef, where: _Where
) -> Iterator[_Step]:
    """Decorators, defaults and bases belong to what surrounds a definition; its body runs elsewhere or later."""
    body = node.body if isinstance(node.body, list) else [node.body]
    inside = set(map(id, body))
    yield from _each((child for child in ast.iter_child_nodes(node) if id(child) not in inside), where)
    if isinstance(node, ast.ClassDef):
        yield from _each(body, where._replace(scope="class"))
    else:
        yield from _each(body, where._replace(scope="function", tried=False))


def _literal(node: ast.AST, depth: int = 0) -> JSON:
    """Return the bounded form of a literal, `{"unknown": true}` for anything else."""
    match node:
        case ast.Constant():
            return _constant(node.value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return _constant(-number)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() if depth >= _LITERAL_DEPTH:
            return {"deep": True}
        case ast.List() | ast.Tuple():
            return _literals(node.elts, depth)
        case ast.Set():
            return {"set": _literals(node.elts, depth)}
        case ast.Dict():
            pairs = zip(node.keys[:_ARGUMENTS], node.values[:_ARGUMENTS], strict=True)
            kept: list[JSON] = [
                [_literal(key, depth + 1) if key else _UNKNOWN, _literal(value, depth + 1)] for key, value in pairs
            ]
            return {"dict": kept + _more(node.keys)}
        case _:
            return _UNKNOWN


def _literals(nodes: list[ast.expr], depth: int) -> list[JSON]:
    return [_literal(node, depth + 1) for node in nodes[:_ARGUMENTS]] + _more(nodes)


def _more(items: list[ast.expr] | list[ast.expr | None]) -> list[JSON]:
    return [{"more": len(items) - _ARGUMENTS}] if len(items) > _ARGUMENTS else []


def _constant(value: object) -> JSON:
    match value:
        case None | bool():
            return value
        case str():
            return clean(value) if len(value) <= _STRING else {"str": len(value)}
        case int():
            # Hexadecimal beyond 512 bits: writing longer ones in decimals takes time that grows with their square.
            digits = str(value) if value.bit_length() <= 512 else hex(value)
            return value if abs(value) <= _MAX_INT else {"int": digits[:80]}
        case float():
            return {"float": repr(value)}
        case bytes():
            return {"bytes": len(value)}
        case _:
            return _UNKNOWN
