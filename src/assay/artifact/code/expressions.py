"""What expressions in Python source may be, and what is handed to each call in them; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.code.names import Names, module_of
from assay.artifact.code.scopes import Scope, head
from assay.artifact.code.values import ARGUMENTS, NOTHING, UNKNOWN, Value, join, literal, part, passed_through, string
from assay.canonical import JSON

__all__ = ["DEEPEST", "IMPORT", "CallFlow", "Expressions", "bound", "flow_entry", "imported", "place_name"]

DEEPEST = 120
"""Levels of statements and expressions; recursion must end long before Python's own limit."""
IMPORT = "import:"
TOO_DEEP = Value(origins=("deep:",))
_BUILT = 400
_SELF = ("self", "cls")


Inline = Callable[[str, list[Value], dict[str, Value]], Value | None]
"""Gives what a call of a function of the module gives: by name, positional and named arguments; None for others."""


class CallFlow(NamedTuple):
    """What one call is handed."""

    names: tuple[str, ...]
    """What is called, where the values of names tell more than the imports."""
    flow: dict[str, JSON]
    """By position, keyword, or `.` for what a method belongs to: an entry of `flow_entry`."""
    within: str
    """The qualified name of the function around it."""


class Expressions:
    """Evaluates expressions of one module and keeps what each call is handed."""

    def __init__(self, budget: Budget, names: Names, inline: Inline) -> None:
        self._budget = budget
        self._names = names
        self._inline = inline
        self.calls: dict[int, CallFlow] = {}
        """By `id` of the node."""
        self.depth = 0
        self.keeping = True
        """Whether calls are kept; not while a function is followed only for what it gives."""
        self.later: list[tuple[ast.Lambda, Scope]] = []

    def value(self, node: ast.AST | None, scope: Scope) -> Value:
        """Return what `node` may be; beyond 120 levels of statements and expressions, that it is not known.

        Raises:
            BudgetError: there is more to look at than the budget allows.
        """
        if node is None:
            return NOTHING
        if self.depth >= DEEPEST:
            return TOO_DEEP
        self._budget.take_items()
        self.depth += 1
        try:
            return self._evaluate(node, scope)
        finally:
            self.depth -= 1

    def _evaluate(self, node: ast.AST, scope: Scope) -> Value:
        match node:
            case ast.Constant():
                return string(node.value) if isinstance(node.value, str) else Value(literal(node))
            case ast.Name():
                return self._name(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.JoinedStr():
                return _put_together([self.value(part, scope) for part in node.values])
            case ast.FormattedValue():
                self.value(node.format_spec, scope)
                return self.value(node.value, scope)
            case ast.BinOp():
                return self._binary(node, scope)
            case ast.IfExp() | ast.BoolOp():
                return self._choice(node, scope)
            case ast.Compare() | ast.UnaryOp():
                return self._comparison(node, scope)
            case ast.NamedExpr():
                value = self.value(node.value, scope)
                self.bind(node.target, value, scope)
                return value
            case ast.List() | ast.Tuple() | ast.Set():
                return self._items(node.elts, scope)
            case ast.Dict():
                return self._pairs(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Lambda():
                self.later.append((node, scope))
                return NOTHING
        return self._union(ast.iter_child_nodes(node), scope)

    def bind(self, target: ast.AST, value: Value, scope: Scope, source: ast.AST | None = None) -> None:
        """Let the names in `target` hold `value`, part by part where `source` is written out part by part."""
        if isinstance(target, ast.Starred):
            target = target.value
        if isinstance(target, ast.Tuple | ast.List):
            parts = source.elts if isinstance(source, ast.Tuple | ast.List) else []
            same = len(parts) == len(target.elts)
            for index, part in enumerate(target.elts):
                inner = self.value(parts[index], scope) if same else bound(value)
                self.bind(part, inner, scope, parts[index] if same else None)
            return
        name = place_name(target)
        if name is not None:
            scope.hold(name, value)

    def _union(self, nodes: Iterator[ast.AST] | list[ast.expr], scope: Scope) -> Value:
        """Evaluate all of `nodes`; what comes of them comes from all of them."""
        values = [self.value(node, scope) for node in nodes]
        return Value(origins=join(values).origins) if values else NOTHING

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        held = scope.get(node.id)
        if held is not None:
            return held
        names = tuple(self._names.dotted(node))
        if names:
            return Value(names=names, origins=(f"{IMPORT}{names[0][:200]}",))
        return Value(names=(node.id,), origins=(f"name:{node.id[:200]}",))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        name = place_name(node)
        held = scope.get(name) if name is not None else None
        base = self.value(node.value, scope)
        if held is not None:
            return held
        names = tuple(f"{name}.{node.attr}" for name in base.names if len(name) < 200)
        origins = tuple(
            f"{origin}.{node.attr}" if _is_place(origin) else passed_through((origin,), f".{node.attr}")[0]
            for origin in base.origins
        )  # fmt: skip
        return Value(names=names, origins=origins)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        key = self.value(node.slice, scope)
        name = place_name(node)
        held = scope.get(name) if name is not None else None
        base = self.value(node.value, scope)
        if held is not None:
            return held
        if key.text is not None:
            for name in base.names:
                if name.endswith(".__dict__"):
                    return Value(names=(f"{name.removesuffix('.__dict__')}.{key.text}",))
                if name in ("sys.modules", "globals()", "builtins", "locals()"):
                    if key.text == "__builtins__":
                        return Value(names=("builtins",))
                    inner = scope.get(key.text)
                    return inner or Value(names=(f"builtins.{key.text}" if name == "builtins" else key.text,))
        if key.text is not None and any("." in name for name in base.names):
            return Value(origins=passed_through(base.origins, f"[{key.text[:60]}]"))
        return Value(origins=base.origins)

    def _binary(self, node: ast.BinOp, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        right = self.value(node.right, scope)
        texts = left.text is not None or left.built is not None
        match node.op:
            case ast.Add() if texts or right.text is not None or right.built is not None:
                return _put_together([left, right])
            case ast.Mod() if texts:
                items = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
                values = [self.value(item, scope) for item in items]
                return _filled(left, values)
            case ast.Div() if any("athlib" in name for name in (*left.names, *right.names)):
                origins = (*passed_through(left.origins, "/"), *passed_through(right.origins, "/"))
                return Value(names=left.names or right.names, origins=origins[:8])
        return Value(origins=join((left, right)).origins)

    def _choice(self, node: ast.IfExp | ast.BoolOp, scope: Scope) -> Value:
        if isinstance(node, ast.IfExp):
            self.value(node.test, scope)
            return join((self.value(node.body, scope), self.value(node.orelse, scope)))
        return join([self.value(item, scope) for item in node.values])

    def _comparison(self, node: ast.Compare | ast.UnaryOp, scope: Scope) -> Value:
        """Evaluate what is compared; that two things are equal carries neither of them on."""
        found = self._union(ast.iter_child_nodes(node), scope)
        return Value(literal(node)) if isinstance(node, ast.UnaryOp) and not found.origins else NOTHING

    def _items(self, nodes: list[ast.expr], scope: Scope) -> Value:
        values = [self.value(node, scope) for node in nodes]
        known: list[JSON] = [part(value.literal) for value in values[:ARGUMENTS]]
        if len(values) > ARGUMENTS:
            known.append({"more": len(values) - ARGUMENTS})
        return Value(known, origins=join(values).origins)

    def _pairs(self, node: ast.Dict, scope: Scope) -> Value:
        keys = [self.value(key, scope) for key in node.keys]
        values = [self.value(value, scope) for value in node.values]
        known = list(zip(keys, values, strict=True))[:ARGUMENTS]
        pairs: list[JSON] = [[part(key.literal), part(value.literal)] for key, value in known]
        return Value({"dict": pairs}, origins=join([*keys, *values]).origins)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> Value:
        for one in node.generators:
            self.bind(one.target, bound(self.value(one.iter, scope)), scope)
            for test in one.ifs:
                self.value(test, scope)
                scope.mark(set(map(head, bound(self.value(one.iter, scope)).origins)), "?if")
        if isinstance(node, ast.DictComp):
            return self._union([node.key, node.value], scope)
        return Value(origins=self.value(node.elt, scope).origins)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        func = node.func
        base = self.value(func.value, scope) if isinstance(func, ast.Attribute) else None
        callee = self.value(func, scope)
        given = [self.value(item, scope) for item in node.args]
        named = {keyword.arg or "**": self.value(keyword.value, scope) for keyword in node.keywords}
        if self.keeping:
            self._keep(node, scope, callee, base, given, named)
        return self._outcome(node, callee, base, given, named)

    def _keep(  # noqa: PLR0917 (one call taken apart)
        self,
        node: ast.Call,
        scope: Scope,
        callee: Value,
        base: Value | None,
        given: list[Value],
        named: dict[str, Value],
    ) -> None:
        flow: dict[str, JSON] = {}
        for index, (item, value) in enumerate(zip(node.args[:ARGUMENTS], given, strict=False)):
            key = f"*{index}" if isinstance(item, ast.Starred) else str(index)
            _add(flow, key, value, literal(item))
        written = {keyword.arg or "**": literal(keyword.value) for keyword in node.keywords}
        for key, value in named.items():
            _add(flow, key, value, written[key])
        if base is not None and any("." in name for name in base.names):
            _add(flow, ".", base, UNKNOWN)
        self.calls[id(node)] = CallFlow(callee.names, flow, scope.within)

    def _outcome(
        self, node: ast.Call, callee: Value, base: Value | None, given: list[Value], named: dict[str, Value]
    ) -> Value:
        """Return what a call gives."""
        name = callee.names[0] if callee.names else ""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name
        if base is not None and (base.text is not None or base.built is not None):
            made = self._text_method(last, base, given, named)
            if made is not None:
                return made
        special = self._special(name, given, named)
        if special is not None:
            return special
        inlined = self._inline(name, given, named)
        if inlined is not None:
            return inlined
        step = name if "." in name or base is None else f".{last}"
        if step.count("(") > 2 or len(step) > 80:  # a long chain says no more than its last link
            step = f".{last}"
        own = [origin for origin in base.origins if not _is_module(origin)] if base is not None else []
        origins = passed_through([*join([*given, *named.values()]).origins, *own], step or "?")
        names = tuple(f"{name}()" for name in callee.names if len(name) < 200)
        return Value(names=names, origins=origins or (f"call:{step or '?'}",))

    def _text_method(self, method: str, base: Value, given: list[Value], named: dict[str, Value]) -> Value | None:
        match method:
            case "format":
                return _filled(base, [*given, *named.values()])
            case "join" if base.text is not None:
                whole = given[0] if given else NOTHING
                items = whole.literal
                if isinstance(items, list) and all(isinstance(item, str) for item in items) and not whole.origins:
                    return string(base.text.join(items))
                if isinstance(items, list) and whole.origins:
                    parts = ["{}" if not isinstance(item, str) else item for item in items]
                    return Value(origins=whole.origins, built=base.text.join(parts)[:_BUILT])
                return Value(origins=whole.origins)
            case "encode" | "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "decode" if base.text is not None:
                return base
        return None

    def _special(self, name: str, given: list[Value], named: dict[str, Value]) -> Value | None:
        """Return what the calls give that name things or only carry them."""
        first = given[0] if given else NOTHING
        match name.removeprefix("builtins."):
            case "getattr" if len(given) > 1 and given[1].text is not None:
                names = tuple(f"{base}.{given[1].text}" for base in first.names if len(base) < 200)
                return Value(names=names, origins=passed_through(first.origins, f".{given[1].text[:80]}"))
            case "__import__" | "importlib.import_module" if first.text is not None:
                return Value(names=(first.text[:200],))
            case "os.path.join" | "posixpath.join" if len(given) > 1:
                whole = join(given[1:]).origins
                origins = (*passed_through(first.origins, f"{name}:first"), *passed_through(whole, name))
                return Value(origins=origins[:8] or (f"call:{name}",))
            case "vars" if first.names:
                return Value(names=tuple(f"{base}.__dict__" for base in first.names))
            case "globals" | "locals":
                return Value(names=(f"{name}()",))
            case "functools.partial" if first.names:
                return Value(names=first.names, origins=join(given[1:]).origins)
            case "dict" if not given:
                pairs: list[JSON] = [[key, value.literal] for key, value in named.items()]
                return Value({"dict": pairs[:ARGUMENTS]}, origins=join(list(named.values())).origins)
            case "len" | "bool" | "isinstance" | "hash" | "id" | "range" if not named:
                return Value(origins=passed_through(join(given).origins, name))
        return None


def bound(value: Value) -> Value:
    """Return what one item of `value` may be."""
    return Value(names=tuple(f"{name}[]" for name in value.names if "(" in name), origins=value.origins)


def place_name(node: ast.AST) -> str | None:
    """Return how a name, `self.x` or `x["key"]` is held in a scope; None for other targets."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute(value=ast.Name(id=owner)) if owner in _SELF:
            return f"self.{node.attr}"
        case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(key))):
            return f"{owner}[{key}]"
    return None


def flow_entry(value: Value, written: JSON = UNKNOWN) -> dict[str, JSON]:
    """Return what is to be kept of `value`, beyond the literal that stands there."""
    entry: dict[str, JSON] = {}
    if value.origins:
        entry["from"] = list(value.origins)
    if value.built is not None:
        entry["built"] = value.built[:_BUILT]
    if value.literal not in (UNKNOWN, written):
        entry["is"] = value.literal
    names = [name for name in value.names if "." in name and "(" not in name]
    if names:
        entry["names"] = names
    return entry


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with what it stands for."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            whole = alias.name if alias.asname else alias.name.split(".", 1)[0]
            yield alias.asname or whole, whole
        else:
            module = module_of(node)
            yield alias.asname or alias.name, f"{module}.{alias.name}" if node.module else module + alias.name


def _put_together(parts: list[Value]) -> Value:
    """Return the text made of `parts`, as far as they are known."""
    texts = [_written(part) for part in parts]
    if all(text is not None for text in texts):
        return string("".join(text or "" for text in texts))
    shown = [part.built or "{}" if text is None else text for part, text in zip(parts, texts, strict=True)]
    return Value(origins=join(parts).origins, built="".join(shown)[:_BUILT])


def _filled(template: Value, values: list[Value]) -> Value:
    """Return the text of a template whose places are filled by `%` or `.format`; what it says is not worked out."""
    return Value(origins=join([template, *values]).origins, built=(template.text or template.built or "{}")[:_BUILT])


def _add(flow: dict[str, JSON], key: str, value: Value, written: JSON) -> None:
    entry = flow_entry(value, written)
    if entry:
        flow[key] = entry


def _is_place(origin: str) -> bool:
    return origin.startswith((IMPORT, "name:", "self:")) and ">" not in origin and len(origin) < 200


def _is_module(origin: str) -> bool:
    return origin.startswith(IMPORT) and ">" not in origin


def _written(value: Value) -> str | None:
    """Return how a constant shows in a text; None when it is not known."""
    if value.text is not None:
        return value.text
    if isinstance(value.literal, bool | int) or (value.literal is None and not value.origins):
        return str(value.literal)
    return None
