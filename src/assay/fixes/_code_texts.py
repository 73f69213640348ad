"""Edits of texts that are put together in Python source: what is escaped, cut to its last part, or drawn otherwise."""

from __future__ import annotations

import ast

from assay.fixes._code_edits import Source

__all__ = ["basename_of_upload", "drawn_by_secrets", "escaped"]


def escaped(source: Source, page: ast.expr) -> bool:
    """Escape the one part of `page` that is not constant; False where there are more, or none that can be told."""
    parts = _unknown(page)
    if parts is None or len(parts) != 1 or parts[0] is page or _may_be_html(source, parts[0]):
        return False
    if _taken(source, "escape", "html") or not _is_where_it_says(source, parts[0]):
        return False
    source.replace(source.span(parts[0]), f"escape(str({source.written(parts[0])}))")
    source.need_import("html", "escape")
    return True


def basename_of_upload(source: Source, call: ast.Call) -> bool:
    """Take the last part of the name of an upload in the arguments of `call`; False unless there is one such name."""
    names = [node for argument in call.args for node in ast.walk(argument)
             if isinstance(node, ast.Attribute) and node.attr == "filename"]  # fmt: skip
    if len(names) != 1 or _taken(source, "os") or not _is_where_it_says(source, names[0]):
        return False
    source.replace(source.span(names[0]), f"os.path.basename({source.written(names[0])})")
    source.need_import("os")
    return True


def drawn_by_secrets(source: Source, call: ast.Call, method: str) -> bool:
    """Call `method` of the generator of the system instead; False where `secrets` is something else in this file."""
    if _taken(source, "secrets") or not _is_where_it_says(source, call.func):
        return False
    source.replace(
        source.span(call.func), "secrets.choice" if method == "choice" else f"secrets.SystemRandom().{method}"
    )
    source.need_import("secrets")
    return True


def _unknown(node: ast.expr) -> list[ast.expr] | None:
    """Return the parts of a text that are not constant; None where it cannot be told which these are."""
    match node:
        case ast.Constant():
            return []
        case ast.JoinedStr():
            parts: list[ast.expr] = []
            for value in node.values:
                if isinstance(value, ast.FormattedValue):
                    if value.conversion != -1 or value.format_spec is not None:
                        return None
                    parts.append(value.value)
            return parts
        case ast.BinOp(op=ast.Add()):
            left, right = _unknown(node.left), _unknown(node.right)
            return None if left is None or right is None else left + right
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()) if not isinstance(
            node.right, ast.Tuple | ast.Dict
        ):
            return [node.right]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format"), args=[only], keywords=[]):
            return [only]
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            return [node]
    return None


def _may_be_html(source: Source, part: ast.expr) -> bool:
    """Whether `part` may be meant as HTML: what another function gives, or a text with tags was put into it."""
    if isinstance(part, ast.Call) and not isinstance(part.func, ast.Attribute):
        return True
    if not isinstance(part, ast.Name):
        return False
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = any(isinstance(target, ast.Name) and target.id == part.id for target in targets)
            texts = (inner.value for inner in ast.walk(node.value) if isinstance(inner, ast.Constant))
            if named and (any("<" in str(text) for text in texts) or _calls_by_name(node.value)):
                return True
    return False


def _calls_by_name(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) for inner in ast.walk(node))


def _is_where_it_says(source: Source, node: ast.expr) -> bool:
    """Whether the text at its place is `node`: older versions of Python misplace what stands in an f-string."""
    try:
        there = ast.parse(source.written(node).strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(there) == ast.dump(node)


def _taken(source: Source, name: str, module: str | None = None) -> bool:
    """Whether `name` stands for something else in this file than the module, or what is imported from `module`."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=found, ctx=ast.Store()) | ast.arg(arg=found) if found == name:
                return True
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
                if found == name:
                    return True
            case ast.ImportFrom():
                if any((alias.asname or alias.name) == name for alias in node.names) and node.module != module:
                    return True
            case ast.Import():
                if any(alias.asname == name and alias.name != name for alias in node.names):
                    return True
    return False
