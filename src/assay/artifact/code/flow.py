"""How values flow through one module of Python source: statement by statement, branch by branch; nothing is run."""

from __future__ import annotations

import ast
import re
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.code.expressions import (
    DEEPEST,
    IMPORT,
    CallFlow,
    Expressions,
    bound,
    flow_entry,
    imported,
    place_name,
)
from assay.artifact.code.names import Names
from assay.artifact.code.scopes import Scope, head
from assay.artifact.code.statements import Definition, converted, is_main, leaves, yields
from assay.artifact.code.values import NOTHING, Value, join
from assay.canonical import JSON

__all__ = ["Flow", "Function"]

_INLINED = 300
"""Calls of the module's own functions that are followed to what they give."""
_NESTED = 2
MAIN = "__main__"
"""What runs only when the module is started as a program."""
_HTML = re.compile(r"<[a-zA-Z!/]")


class Function(NamedTuple):
    """A function of the module, by qualified name and lines."""

    name: str
    first: int
    last: int


class _Later(NamedTuple):
    """A body that runs after what surrounds it."""

    node: Definition | ast.Lambda
    scope: Scope
    of_class: str


@dataclass(slots=True)
class Flow:
    """What each call of a module is handed, and what is set; made by `run`."""

    budget: Budget
    names: Names
    sets: list[tuple[ast.expr, dict[str, JSON]]] = field(default_factory=list)
    """Attributes and items that are given a value, and which."""
    returns: list[tuple[ast.expr, dict[str, JSON]]] = field(default_factory=list)
    """Texts with tags of HTML that functions put together and return."""
    functions: list[Function] = field(default_factory=list)
    started: set[str] = field(default_factory=set)
    """Functions that importing the module calls, by qualified name."""
    _expressions: Expressions = field(init=False)
    _definitions: dict[str, tuple[Definition, Scope]] = field(default_factory=dict)
    _later: deque[_Later] = field(default_factory=deque)
    _called: dict[str, set[str]] = field(default_factory=dict)
    _root: Scope = field(init=False)
    _inlining: list[str] = field(default_factory=list)
    _inlined: int = 0
    _returns: list[Value] | None = None

    def __post_init__(self) -> None:
        self._expressions = Expressions(self.budget, self.names, self._inline)
        self._root = Scope(self.budget)

    @property
    def calls(self) -> dict[int, CallFlow]:
        """What each call is handed, by `id` of its node."""
        return self._expressions.calls

    def run(self, tree: ast.Module) -> None:
        """Follow the whole module: its own statements first, then the body of each function.

        Raises:
            BudgetError: there is more to follow than the budget allows.
        """
        self._block(tree.body, self._root)
        while self._later or self._expressions.later:
            for node, scope in self._expressions.later:
                self._later.append(_Later(node, scope, scope.of_class))
            self._expressions.later.clear()
            if self._later:
                self._body(self._later.popleft())
        self._reach()

    # -- statements

    def _block(self, body: list[ast.stmt], scope: Scope) -> None:
        if self._expressions.depth >= DEEPEST:
            return
        self._expressions.depth += 1
        try:
            for statement in body:
                self.budget.take_items()
                self._statement(statement, scope)
        finally:
            self._expressions.depth -= 1

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        value = self._expressions.value
        match node:
            case ast.Assign():
                given = value(node.value, scope)
                for target in node.targets:
                    self._assign(target, given, scope, node.value)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, value(node.value, scope), scope, node.value)
            case ast.AugAssign():
                grown = ast.BinOp(node.target, node.op, node.value)
                self._assign(node.target, value(grown, scope), scope, node.value)
            case ast.If():
                self._if(node, scope)
            case ast.For() | ast.AsyncFor():
                self._for(node, scope)
            case ast.While():
                value(node.test, scope)
                self._test(node.test, scope)
                self._branches(scope, [node.body, node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    entered = value(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, entered, scope)
                self._block(node.body, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.Match():
                self._match(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.Import() | ast.ImportFrom():
                for name, dotted in imported(node):
                    if scope.get(name) is not None:
                        scope.hold(name, Value(names=(dotted,), origins=(f"{IMPORT}{dotted}",)))
            case ast.Return():
                given = value(node.value, scope)
                if self._returns is not None:
                    self._returns.append(given)
                else:
                    self._page(node.value, given, scope)
            case ast.Assert():
                value(node.test, scope)
                self._test(node.test, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    value(child, scope)

    def _page(self, node: ast.expr | None, given: Value, scope: Scope) -> None:
        """Keep what is returned where it is HTML, maybe with a status beside it."""
        if isinstance(node, ast.Tuple) and node.elts:
            node = node.elts[0]
            given = self._expressions.value(node, scope)
        if node is not None and given.origins and _HTML.search(given.built or ""):
            self.returns.append((node, flow_entry(given)))

    def _assign(self, target: ast.expr, given: Value, scope: Scope, source: ast.expr | None = None) -> None:
        place = place_name(target)
        if isinstance(target, ast.Attribute | ast.Subscript):
            self._note(target, given, scope)
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                self._grow(target.value.id, given, scope)
            if place is not None and place.startswith("self."):
                known = scope.get(place)
                scope.shared.hold(place, join((known, given)) if known is not None else given)
                return
        self._expressions.bind(target, given, scope, source)

    def _grow(self, name: str, given: Value, scope: Scope) -> None:
        """Let what `name` holds be no more than it was known to be: an item was put into it."""
        held = scope.get(name)
        if held is not None:
            scope.hold(name, Value(names=held.names, origins=join((held, given)).origins or ("item:",)))

    def _note(self, target: ast.Attribute | ast.Subscript, given: Value, scope: Scope) -> None:
        """Keep what is set on anything but `self`."""
        base = self._expressions.value(target.value, scope)
        if isinstance(target, ast.Attribute):
            if isinstance(target.value, ast.Name) and target.value.id == "self":
                return
            tail = f".{target.attr}"
        else:
            key = self._expressions.value(target.slice, scope).text
            if key is None:
                return
            tail = f"[{key[:80]}]"
        names = [f"{name}{tail}" for name in base.names if len(name) < 200] or [f"?{tail}"]
        entry = flow_entry(given)
        if entry:
            self.sets.append((target, {"names": names, "value": entry}))

    def _if(self, node: ast.If, scope: Scope) -> None:
        """Follow a chain of `elif` without climbing into it."""
        ends: list[dict[str, Value]] = []
        chain: ast.If | None = node
        while chain is not None:
            self._expressions.value(chain.test, scope)
            self._test(chain.test, scope)
            before = scope.fork()
            around = scope.within
            if is_main(chain.test) and not around:
                scope.within = MAIN
            self._block(chain.body, scope)
            scope.within = around
            after = scope.restore(before)
            if not leaves(chain.body):
                ends.append(after)
            rest = chain.orelse
            chain = rest[0] if len(rest) == 1 and isinstance(rest[0], ast.If) else None
        self._block(rest, scope)
        if rest and leaves(rest) and ends:
            scope.restore(ends.pop())
        for end in ends:
            scope.merge(end)

    def _branches(self, scope: Scope, bodies: list[list[ast.stmt]]) -> None:
        """Follow bodies of which each may run or not."""
        for body in bodies:
            before = scope.fork()
            self._block(body, scope)
            scope.merge(before)

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        items = self._expressions.value(node.iter, scope)
        self._assign(node.target, bound(items), scope)
        self._branches(scope, [node.body, node.orelse])
        if any(isinstance(inner, ast.If) and leaves(inner.body) for inner in node.body):
            # What was gone through with a test that stops was checked, and so is where it came from.
            called = node.iter.func if isinstance(node.iter, ast.Call) else None
            owner = place_name(called.value) if isinstance(called, ast.Attribute) else None
            known = scope.get(owner) if owner is not None else None
            if owner is not None and known is not None:
                marked = known._replace(origins=tuple(f"{origin}>?loop" for origin in known.origins))
                scope.hold(owner, marked)

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        before = scope.fork()
        self._block(node.body, scope)
        scope.merge(before)
        start = scope.fork()
        self._block(node.orelse, scope)
        ends = [scope.restore(dict(start))]
        for handler in node.handlers:
            self._block(handler.body, scope)
            ends.append(scope.restore(dict(start)))
        for end in ends:
            scope.merge(end)
        self._block(node.finalbody, scope)

    def _match(self, node: ast.Match, scope: Scope) -> None:
        subject = self._expressions.value(node.subject, scope)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                self.budget.take_items()
                if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name is not None:
                    scope.hold(part.name, subject)
            self._expressions.value(case.guard, scope)
            self._branches(scope, [case.body])

    def _test(self, test: ast.expr, scope: Scope) -> None:
        """Note which values a condition looks at, and by what."""
        for node in ast.walk(test):
            self.budget.take_items()
            match node:
                case ast.Compare(ops=[ast.In() | ast.NotIn(), *_]):
                    self._mark([node.left, *node.comparators], "?in", scope)
                case ast.Compare(ops=[ast.Eq() | ast.NotEq(), *_]):
                    self._mark([node.left, *node.comparators], "?==", scope)
                case ast.Call():
                    func = node.func
                    owner = [func.value] if isinstance(func, ast.Attribute) else []
                    last = (
                        func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
                    )
                    self._mark([*owner, *node.args], f"?{last[:60]}", scope)

    def _mark(self, nodes: list[ast.expr], step: str, scope: Scope) -> None:
        heads: set[str] = set()
        for node in nodes:
            for part in ast.walk(node):
                held = scope.get(part.id) if isinstance(part, ast.Name) else None
                heads.update(head(origin) for origin in (held.origins if held is not None else ()))
        if heads:
            scope.mark(heads, step)

    # -- definitions

    def _define(self, node: Definition, scope: Scope) -> None:
        arguments = node.args
        for default in (*node.decorator_list, *arguments.defaults, *arguments.kw_defaults):
            self._expressions.value(default, scope)
        if self._inlining:
            return
        name = f"{scope.of_class}.{node.name}" if scope.of_class else node.name
        self._definitions.setdefault(f"self.{node.name}" if scope.of_class else node.name, (node, scope))
        self.functions.append(Function(name, node.lineno, node.end_lineno or node.lineno))
        if not scope.of_class:
            scope.hold(node.name, Value(names=(node.name,)))
        self._later.append(_Later(node, scope, scope.of_class))

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self._expressions.value(part, scope)
        scope.hold(node.name, Value(names=(node.name,)))
        self._block(node.body, Scope(self.budget, scope, within=scope.within, of_class=node.name))

    def _body(self, later: _Later) -> None:
        """Follow the body of a function, whose parameters may be anything."""
        node = later.node
        if isinstance(node, ast.Lambda):
            scope = Scope(self.budget, later.scope, within=later.scope.within)
            self._parameters(node.args, "", scope)
            self._expressions.value(node.body, scope)
            return
        name = f"{later.of_class}.{node.name}" if later.of_class else node.name
        scope = Scope(self.budget, later.scope, within=name)
        self._parameters(node.args, self._quality(node, later), scope, converted(node))
        self._block(node.body, scope)

    def _quality(self, node: Definition, later: _Later) -> str:
        """Return what a function is beside its name: its class, or what decorates it."""
        if later.of_class:
            return f"~{later.of_class}.{node.name}"[:120]
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            names = self._expressions.value(called, later.scope).names
            if names:
                return f"@{names[0]}"[:120]
        return ""

    def _parameters(
        self, arguments: ast.arguments, quality: str, scope: Scope, numbers: frozenset[str] = frozenset()
    ) -> None:
        plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for item in (*plain, *(extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None)):
            if item.arg in ("self", "cls"):
                scope.hold(item.arg, Value(names=(item.arg,), origins=(f"self:{item.arg}",)))
            else:
                made = ">int" if item.arg in numbers else ""
                scope.hold(item.arg, Value(origins=(f"param:{item.arg[:80]}{quality}{made}",)))

    def _inline(self, name: str, given: list[Value], named: dict[str, Value]) -> Value | None:
        """Return what a call of a function of this module gives; None when that cannot be followed."""
        node, around = self._definitions.get(name, (None, self._root))
        busy = name in self._inlining or len(self._inlining) >= _NESTED or self._inlined >= _INLINED
        if node is None or busy or node.decorator_list or yields(node):
            return None
        self._inlined += 1
        scope = Scope(self.budget, around, within=name)
        self._parameters(node.args, "", scope)
        positional = [item.arg for item in (*node.args.posonlyargs, *node.args.args) if item.arg not in ("self", "cls")]
        for arg, value in (*zip(positional, given, strict=False), *named.items()):
            scope.hold(arg, value)
        outer, self._returns = self._returns, []
        sets = len(self.sets)
        self._expressions.keeping = False
        self._inlining.append(name)
        try:
            self._block(node.body, scope)
            returns = self._returns
        finally:
            self._inlining.pop()
            self._returns = outer
            self._expressions.keeping = not self._inlining
            del self.sets[sets:]
        return join(returns) if returns else NOTHING

    def _reach(self) -> None:
        """Work out which functions run when the module is imported."""
        for call in self.calls.values():
            self._called.setdefault(call.within, set()).update(call.names)
        waiting = ["", *self.started]
        known = {function.name for function in self.functions}
        while waiting:
            for name in self._called.get(waiting.pop(), ()):
                short = name.removesuffix("()")
                for target in (short, f"{short}.__init__", f"{short}.__new__"):
                    if target in known and target not in self.started:
                        self.started.add(target)
                        waiting.append(target)
