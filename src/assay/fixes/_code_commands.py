"""A command for a shell as a list of arguments, where both surely mean the same."""

from __future__ import annotations

import ast
import re
import string

__all__ = ["as_list"]

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%+,\- ]*")
_Part = str | ast.expr


def as_list(command: ast.expr) -> str | None:
    """Return the source of a list of arguments for `command`; None where a shell may read it otherwise.

    Plain words only, and each part that is not known stays within the word it stands in: that is what a shell makes of
    it too, as long as the part itself holds no space and nothing else that a shell acts upon.
    """
    parts = _parts(command)
    if parts is None:
        return None
    words: list[list[_Part]] = [[]]
    for part in parts:
        if isinstance(part, str):
            if not _PLAIN.fullmatch(part):
                return None
            pieces = part.split(" ")
            words[-1].append(pieces[0])
            words += [[piece] for piece in pieces[1:]]
        else:
            words[-1].append(part)
    kept = [word for word in words if any(piece != "" for piece in word)]
    if not kept or not all(isinstance(piece, str) for piece in kept[0]) or "=" in "".join(map(str, kept[0])):
        return None
    return "[" + ", ".join(_word(word) for word in kept) + "]"


def _word(parts: list[_Part]) -> str:
    parts = [part for part in parts if part != ""]
    if all(isinstance(part, str) for part in parts):
        return '"' + "".join(map(str, parts)) + '"'
    values: list[ast.expr] = [
        ast.Constant(part) if isinstance(part, str) else ast.FormattedValue(part, -1) for part in parts
    ]
    return ast.unparse(ast.JoinedStr(values))


def _parts(node: ast.expr) -> list[_Part] | None:
    """Return the constant and other parts of a text that is put together in one expression."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return _joined(node)
        case ast.BinOp(op=ast.Add()):
            left, right = _parts(node.left), _parts(node.right)
            return None if left is None or right is None else left + right
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(text.split("%s"), given) if "%" not in text.replace("%s", "") else None
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), keywords=[]):
            fields = [field for _, field, spec, turn in string.Formatter().parse(text) if field is not None]
            plain = not any(fields) and text.count("{}") == len(fields) and "{{" not in text and "}}" not in text
            return _filled(text.split("{}"), node.args) if plain else None
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return [node]
        case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
            return [inner]
    return None


def _joined(node: ast.JoinedStr) -> list[_Part] | None:
    parts: list[_Part] = []
    for value in node.values:
        match value:
            case ast.Constant(value=str(text)):
                parts.append(text)
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                parts.append(inner)
            case _:
                return None
    return parts


def _filled(texts: list[str], given: list[ast.expr]) -> list[_Part] | None:
    if len(given) != len(texts) - 1 or any(isinstance(item, ast.Starred) for item in given):
        return None
    parts: list[_Part] = [texts[0]]
    for item, text in zip(given, texts[1:], strict=True):
        parts += [item, text]
    return parts
