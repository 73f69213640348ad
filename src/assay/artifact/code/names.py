"""What names in Python source stand for: imports as dotted names, and which tests ask whether a thing is there.

Names are resolved for the whole module at once, without scopes: a name that is imported twice, as `np` is by
`try: import cupy as np` with `except ImportError: import numpy as np`, stands for both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from assay.artifact.budget import Budget
from assay.errors import BudgetError

__all__ = [
    "DEPTH",
    "TOO_DEEP",
    "Names",
    "chain_root",
    "module_of",
    "suppresses_missing_import",
    "survives_missing_import",
]

# Below what any Python's parser turns into a tree, so that its own limit, which depends on who calls, never decides.
DEPTH = 600
TOO_DEEP = f"nests deeper than {DEPTH} levels"
_MOST = 4
_LONGEST = 300
_ASKS = re.compile(r"is_available|is_\w+_available|find_spec|TYPE_CHECKING")
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_IMPORTERS = frozenset({"__import__", "import_module"})


class Names:
    """The names of one module."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._imported: dict[str, list[str]] = {"__builtins__": ["builtins"]}
        self._flags: set[str] = set()

    def learn(self, tree: ast.AST) -> None:
        """Take in every import in `tree` and every flag that tells whether one succeeded.

        Raises:
            BudgetError: there is more to look at than the budget allows, or it nests deeper than 600.
        """
        level = [tree]
        for _ in range(DEPTH):
            for node in level:
                self._learn(node)
            level = [child for node in level for child in ast.iter_child_nodes(node)]
        if level:
            raise BudgetError(TOO_DEEP)

    def dotted(self, node: ast.AST) -> list[str]:
        """Return the dotted names that `node` may stand for, `torch.cuda.is_available`; none unless it is imported."""
        parts: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call) and (inner := _looked_up(node)) is not None:
                parts.append(inner[1])
                node = inner[0]
            else:
                break
        tail = "".join(f".{part}" for part in reversed(parts))
        return [root + tail for root in self._roots(node) if len(root) + len(tail) <= _LONGEST]

    def callee(self, node: ast.AST) -> list[str]:
        """Return what a call of `node` calls: a dotted name, a plain name, `?.method`, or `?`."""
        names = self.dotted(node)
        if names:
            return names
        if isinstance(node, ast.Name):
            return [node.id[:_LONGEST]]
        if isinstance(node, ast.Attribute):
            return [f"?.{node.attr[:_LONGEST]}"]
        inner = _looked_up(node) if isinstance(node, ast.Call) else None
        return [f"?.{inner[1][:_LONGEST]}"] if inner else ["?"]

    def asks(self, test: ast.AST) -> bool:
        """Whether `test` asks if something is installed or present: `is_*_available`, `find_spec`, or a flag set so.

        Raises:
            BudgetError: there is more to look at than the budget allows.
        """
        for node in ast.walk(test):
            self._budget.take_items()
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in self._flags or _ASKS.fullmatch(name):
                return True
        return False

    def _roots(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Name):
            return self._imported.get(node.id, [])
        if isinstance(node, ast.Call) and _last_name(node.func) in _IMPORTERS and node.args:
            module = node.args[0]
            return [module.value] if isinstance(module, ast.Constant) and isinstance(module.value, str) else []
        return []

    def _learn(self, node: ast.AST) -> None:
        self._budget.take_items()
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".", 1)[0]
                self._bind(alias.asname or whole, whole)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = module_of(node)
                self._bind(alias.asname or alias.name, f"{module}.{alias.name}" if node.module else module + alias.name)
        elif isinstance(node, ast.Assign) and self.asks(node.value):
            self._flags.update(_targets(node))
        elif isinstance(node, ast.Try | ast.TryStar) and survives_missing_import(node.handlers):
            self._flags.update(_set_beside(node))

    def _bind(self, name: str, dotted: str) -> None:
        known = self._imported.setdefault(name, [])
        if dotted not in known and len(known) < _MOST:
            known.append(dotted)


def module_of(node: ast.ImportFrom) -> str:
    """Return the module an import names, with its leading dots."""
    return "." * node.level + (node.module or "")


def survives_missing_import(handlers: Iterable[ast.ExceptHandler]) -> bool:
    """Whether one of `handlers` catches a failed import."""
    for handler in handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or _last_name(kind) in _IMPORT_ERRORS for kind in kinds):
            return True
    return False


def suppresses_missing_import(node: ast.With) -> bool:
    """Whether `node` is `with suppress(ImportError)`."""
    calls = (item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call))
    return any(
        _last_name(call.func) == "suppress" and any(_last_name(kind) in _IMPORT_ERRORS for kind in call.args)
        for call in calls
    )


def chain_root(node: ast.AST) -> ast.AST:
    """Return what a chain of attributes starts from: `x` of `x.a.b`, the call of `f(y).a`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _last_name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _looked_up(call: ast.Call) -> tuple[ast.AST, str] | None:
    """Return object and name of `getattr(object, "name")`."""
    if _last_name(call.func) != "getattr" or len(call.args) < 2:
        return None
    name = call.args[1]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return call.args[0], name.value
    return None


def _targets(node: ast.Assign) -> Iterator[str]:
    return (target.id for target in node.targets if isinstance(target, ast.Name))


def _set_beside(node: ast.Try | ast.TryStar) -> Iterator[str]:
    """Yield names that are set to a constant beside an import that may fail: `HAS_X = False`, `x = None`."""
    bodies = [node.body, node.orelse, *(handler.body for handler in node.handlers)]
    for body in bodies:
        for statement in body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
                yield from _targets(statement)
