"""Licence expressions as people and SPDX write them: read, with each name normalised, and written in one form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from assay.rules import load

__all__ = ["Expression", "parse"]

_LONGEST = 500
_DEEPEST = 20
_OPERATOR = r"(?:and|or(?!\s+(?:later|any later|newer))|with)(?=[\s()]|$)"
_TOKEN = re.compile(rf"\s*(?:([()])|({_OPERATOR})|([^()]+?)(?=\s+{_OPERATOR}|[()]|\s*$))", re.IGNORECASE)
_NAME = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+\Z")
_GNU = re.compile(
    r"(?:gnu )?(a|l)?gpl[ -]?v?(\d(?:\.\d)?)(?:[ -]?(only|\+|or[ -](?:any )?(?:later|newer)(?: version)?))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Expression:
    """A licence, or several joined by `AND` or `OR`."""

    id: str = ""
    """SPDX identifier, `LicenseRef-…`, or a slug in lower case; empty where `parts` are joined."""
    known: bool = True
    """Whether `id` is on the SPDX list, or is described by the rules."""
    exception: str = ""
    """What stands after `WITH`."""
    operator: str = ""
    parts: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        if not self.parts:
            return f"{self.id} WITH {self.exception}" if self.exception else self.id
        said = (f"({part})" if part.parts and part.operator != self.operator else str(part) for part in self.parts)
        return f" {self.operator} ".join(said)

    def leaves(self) -> Iterator[Expression]:
        """Yield each single licence."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def parse(value: str) -> Expression | None:
    """Return what `value` declares, such as `Apache 2.0 or MIT`; None when it is empty or not well formed."""
    value = re.sub(
        r"\s*/\s*", " OR ", re.sub(r"\s*[,;]\s*", " AND ", " ".join(value[: _LONGEST + 1].split()).strip(" ,;/"))
    )
    if not value or len(value) > _LONGEST:
        return None
    whole = _named(value)
    if whole.known:
        return whole
    tokens = _tokens(value)
    if tokens is None:
        return None
    found, rest = _joined(tokens, 0, 0)
    return found if rest == len(tokens) else None


def _tokens(value: str) -> list[str] | None:
    tokens, place = [], 0
    while place < len(value):
        match = _TOKEN.match(value, place)
        if match is None or match.end() == place:
            return None
        bracket, operator, name = match.groups()
        if not bracket and not operator and not name.strip():
            return None
        tokens.append(bracket or (operator.upper() if operator else f"={name.strip()}"))
        place = match.end()
    return tokens


def _joined(tokens: list[str], place: int, depth: int, weakest: str = "OR") -> tuple[Expression | None, int]:
    """Read operands joined by `weakest`; `AND` binds closer than `OR`."""
    parts: list[Expression] = []
    while True:
        if weakest == "OR":
            part, place = _joined(tokens, place, depth, "AND")
        else:
            part, place = _single(tokens, place, depth)
        if part is None:
            return None, place
        parts += part.parts if part.operator == weakest else [part]
        if place >= len(tokens) or tokens[place] != weakest:
            break
        place += 1
    return (parts[0] if len(parts) == 1 else Expression(operator=weakest, parts=tuple(parts))), place


def _single(tokens: list[str], place: int, depth: int) -> tuple[Expression | None, int]:
    token = tokens[place] if place < len(tokens) else ""
    if token == "(" and depth < _DEEPEST:
        found, place = _joined(tokens, place + 1, depth + 1)
        closed = place < len(tokens) and tokens[place] == ")"
        return (found if closed else None), place + 1
    if not token.startswith("="):
        return None, place
    one = _named(token[1:])
    if place + 2 < len(tokens) and tokens[place + 1] == "WITH" and tokens[place + 2].startswith("="):
        return Expression(one.id, one.known, tokens[place + 2][1:]), place + 3
    return one, place + 1


def _named(name: str) -> Expression:
    if _NAME.match(name):
        return Expression(name, known=False)
    if gnu := _GNU.fullmatch(name):
        return Expression(_gnu(*gnu.groups()))
    plain = " ".join(name.lower().split())
    for spelling in (plain, plain.replace("_", "-").replace(" ", "-"), re.sub(r"^the | licen[cs]e$", "", plain)):
        if spelling in _names():
            return Expression(_names()[spelling])
    return Expression(name, known=False)


def _gnu(kind: str | None, version: str, which: str | None) -> str:
    """Return the identifier of a GNU licence; without "only" or "or later", the old one, which says neither."""
    suffix = "" if which is None else "-only" if which.lower() == "only" else "-or-later"
    return f"{(kind or '').upper()}GPL-{version if '.' in version else version + '.0'}{suffix}"


@cache
def _names() -> dict[str, str]:
    """Return identifiers and slugs by every spelling in lower case."""
    found: dict[str, str] = {}
    for line in load("spdx_licences")["entries"]:
        found.setdefault(line["spdx"].lower(), line["spdx"])
    for line in load("model_licences")["entries"]:
        if line["id"] not in {"other", "unknown"}:
            spdx = str(line.get("spdx") or line["id"])
            # A slug such as gpl-3.0 does not say "only" or "or later"; the old identifier says as little.
            found.setdefault(line["id"], spdx if " or " not in spdx else line["id"].upper())
            for name in spdx.split(" or "):
                found[name.lower()] = name
    for alias, target in load("licence_aliases")["entries"].items():
        found.setdefault(alias, found.get(target, target))
    return found
