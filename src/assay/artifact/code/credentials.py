"""Passwords and keys written into Python source: a constant text under the name of a credential; never repeated.

Sources: CWE-798, CWE-259. Names and stand-ins after what code that is meant to be filled in really says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Credential", "credentials_in"]

_NAME = re.compile(
    r"(?:\A|[_\W])(?:\w{0,30}_)?(?:passwords?|passwd|pwd|passphrase|secret|secret_?key|api_?key|access_?key|private_?key|"
    r"auth_?token|access_?token|api_?token|bearer_?token|refresh_?token|client_?secret|db_?pass|"
    r"(?:hf|github|gitlab|slack|openai|wandb)_(?:token|key))\Z",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STAND_IN = re.compile(
    r"\A(?:[<\[{(%$].*|.*(?:your|example|placeholder|dummy|sample|change.?me|replace|insert|fixme|todo|redacted|here\b|"
    r"removed|revoked|xxx|\*\*\*|\.\.\.|foo|bar\b|test|fake|mock|not.?set|none|null|default|empty|optional|required|undefined).*|"
    r"(?:my|the|a|some|enter|use|get|set)[_\- ]?\w*(?:password|passwd|secret|key|token)\w*|"
    r"[\w.\- ]*(?:password|passwd|secret|token|api_?key|credentials?)|(.)\1*)\Z",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[a-z_]+(?:[./:-][a-z_]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][a-z]+")
_IN_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]{1,20}://[\w.%+~-]{0,64}):([^@/\s:{}$<>%\[\]*]{4,128})@([\w.-]*)")
_HERE = re.compile(
    r"(?:localhost|127\.[\d.]+|0\.0\.0\.0|host|hostname|server|.*\bexample\b.*|.*\.test)\Z", re.IGNORECASE
)
"""Machines of nobody: what opens nothing but them is no secret."""
_SHORTEST = 4
_LONGEST = 500


class Credential(NamedTuple):
    """A constant under the name of a credential."""

    name: str
    line: int
    value: str
    within: str = ""
    """The whole address that it stands in."""

    @property
    def preview(self) -> str:
        """The first characters, at most a quarter, and the length."""
        return f"{self.value[: min(4, len(self.value) // 4)]}…{len(self.value)}"


def credentials_in(node: ast.AST) -> Iterator[Credential]:
    """Yield each credential that `node` gives to a name, keyword or key, compares with one, or has in an address."""
    for name, given in _pairs(node):
        if isinstance(given, ast.Constant) and isinstance(given.value, str) and _is_credential(name, given.value):
            yield Credential(name[:80], given.lineno, given.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "://" in node.value:
        address = _IN_ADDRESS.match(node.value)
        if address is not None and _opens(address[1], address[2], address[3]):
            yield Credential(address[1][:80], node.lineno, address[2], node.value)


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    match node:
        case ast.Assign():
            for target in node.targets:
                yield _name(target), node.value
        case ast.AnnAssign() | ast.NamedExpr() if node.value is not None:
            yield _name(node.target), node.value
        case ast.keyword(arg=str(name)):
            yield name, node.value
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                yield _text(key), value
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()]):
            yield _name(node.left), node.comparators[0]
            yield _name(node.comparators[0]), node.left
        case ast.arguments():
            named = [*node.posonlyargs, *node.args]
            for argument, default in zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True):
                yield argument.arg, default
            for argument, given in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                yield argument.arg, given


def _opens(before: str, password: str, host: str) -> bool:
    """Whether an address with this password opens something: a machine of somebody, and no stand-in."""
    user = before.partition("://")[2]
    return password != user and not _HERE.match(host) and _is_secret("password", password)


def _is_credential(name: str, value: str) -> bool:
    long_enough = _SHORTEST <= len(value) <= _LONGEST
    return long_enough and _NAME.search(_CAMEL.sub("_", name)) is not None and _is_secret(name, value)


def _is_secret(name: str, value: str) -> bool:
    if any(char.isspace() for char in value) or not value.isprintable() or _STAND_IN.match(value):
        return False
    return value.lower() != name.lower() and not _PLAIN.fullmatch(value)


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Subscript():
            return _text(node.slice)
    return ""


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
