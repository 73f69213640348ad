"""What an expression in Python source may be, as far as one module tells: constants, names, and where it comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from assay.artifact.text.documents import clean
from assay.canonical import JSON

__all__ = [
    "ARGUMENTS",
    "NOTHING",
    "UNKNOWN",
    "Value",
    "constant",
    "join",
    "literal",
    "part",
    "passed_through",
    "string",
]

ARGUMENTS = 16
UNKNOWN: JSON = {"unknown": True}

_LITERAL_DEPTH = 4
_LITERAL_PARTS = 100
_STRING = 200
_MAX_INT = 2**53 - 1
_LONGEST_TEXT = 4096
_NAMES = 4
_ORIGINS = 8
_STEPS = 8
_LONGEST_ORIGIN = 300


class Value(NamedTuple):
    """What an expression may be. Without origins and names it is made of constants alone."""

    literal: JSON = UNKNOWN
    """The bounded form of a literal, where the value is known."""
    text: str | None = None
    """The whole text, where the value is a known one."""
    names: tuple[str, ...] = ()
    """Dotted names it may stand for; `requests.Session()` for what calling one gives."""
    origins: tuple[str, ...] = ()
    """Where it comes from and what it passed through: `param:url>str.strip`, `call:input`, `name:sys.argv`."""
    built: str | None = None
    """A text put together here, with `{}` for what is not known."""


NOTHING = Value()


def string(text: str) -> Value:
    """Return the value of a known text; of one that is too long, only that it is constant."""
    return Value(constant(text), text) if len(text) <= _LONGEST_TEXT else Value()


def join(values: Iterable[Value]) -> Value:
    """Return the value of what may be any of `values`."""
    items = list(values)
    if len(items) == 1:
        return items[0]
    if not items:
        return NOTHING
    first = items[0]
    if all(item == first for item in items):
        return first
    texts = {item.text for item in items}
    same = all(item.literal == first.literal for item in items)
    return Value(
        first.literal if same else UNKNOWN,
        texts.pop() if len(texts) == 1 else None,
        _first((name for item in items for name in item.names), _NAMES),
        _first((origin for item in items for origin in item.origins), _ORIGINS),
        next((item.built for item in items if item.built is not None), None),
    )


def passed_through(origins: Iterable[str], step: str) -> tuple[str, ...]:
    """Return `origins` after each went through `step`, such as a call."""
    return _first((_longer(origin, step) for origin in origins), _ORIGINS)


def literal(node: ast.AST, depth: int = 0) -> JSON:
    """Return the bounded form of a literal, `{"unknown": true}` for anything else."""
    match node:
        case ast.Constant():
            return constant(node.value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return constant(-number)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() if depth >= _LITERAL_DEPTH:
            return {"deep": True}
        case ast.List() | ast.Tuple():
            return _literals(node.elts, depth)
        case ast.Set():
            return {"set": _literals(node.elts, depth)}
        case ast.Dict():
            pairs = zip(node.keys[:ARGUMENTS], node.values[:ARGUMENTS], strict=True)
            kept: list[JSON] = [
                [literal(key, depth + 1) if key else UNKNOWN, literal(value, depth + 1)] for key, value in pairs
            ]
            return {"dict": kept + _more(node.keys)}
        case _:
            return UNKNOWN


def part(whole: JSON) -> JSON:
    """Return the literal `whole` as a part of another, `{"deep": true}` where it is deep or large by itself.

    A list of two lists of two lists … takes few lines and more room than there is.
    """
    waiting, parts = [(whole, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        parts += 1
        inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        if parts > _LITERAL_PARTS or (inner and depth > 2 * _LITERAL_DEPTH):
            return {"deep": True}
        waiting += [(one, depth + 1) for one in inner]
    return whole


def constant(value: object) -> JSON:
    """Return the bounded form of one constant."""
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
            return UNKNOWN


def _longer(origin: str, step: str) -> str:
    if origin.count(">") >= _STEPS or len(origin) + len(step) >= _LONGEST_ORIGIN or origin.endswith(f">{step}"):
        return origin
    return f"{origin}>{step}"


def _first(items: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(items))[:most])


def _literals(nodes: list[ast.expr], depth: int) -> list[JSON]:
    return [literal(node, depth + 1) for node in nodes[:ARGUMENTS]] + _more(nodes)


def _more(items: list[ast.expr] | list[ast.expr | None]) -> list[JSON]:
    return [{"more": len(items) - ARGUMENTS}] if len(items) > ARGUMENTS else []
