"""What statements in Python source say by their form alone: what they end, and which parameters can only be numbers."""

from __future__ import annotations

import ast
import re

__all__ = ["Definition", "converted", "is_main", "leaves", "yields"]

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_CONVERTERS = re.compile(r"<(?:int|float|uuid)(?:\([^<>()]*\))?:(\w+)>")
"""Of Flask and Quart: `/user/<int:number>`."""
_NUMBERS = frozenset({"int", "float", "bool"})


def is_main(test: ast.expr) -> bool:
    """Whether `test` asks if the module is run as a program, and not imported."""
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def leaves(body: list[ast.stmt]) -> bool:
    """Whether what follows `body` is not reached from its end."""
    return bool(body) and isinstance(body[-1], _LEAVES)


def yields(node: Definition) -> bool:
    """Whether a call of the function gives something other than what it returns."""
    return isinstance(node, ast.AsyncFunctionDef) or any(
        isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)
    )


def converted(node: Definition) -> frozenset[str]:
    """Return the parameters of a decorated function that a web framework makes numbers of before it is called."""
    if not node.decorator_list:
        return frozenset()
    named = {
        item.arg
        for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if isinstance(item.annotation, ast.Name) and item.annotation.id in _NUMBERS
    }
    for decorator in node.decorator_list:
        for item in decorator.args[:1] if isinstance(decorator, ast.Call) else ():
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                named.update(_CONVERTERS.findall(item.value))
    return frozenset(named)
