"""What a pickle may call: each call weighed by callable, arguments and operation, against `rules/pickle_callables`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from assay.canonical import JSON
from assay.checks.wording import shown
from assay.rules import load

__all__ = ["Opinion", "Verdict", "globals_in", "weigh_call", "weigh_name"]

_MAKING = frozenset({"NEWOBJ", "NEWOBJ_EX", "BUILD"})
"""Operations that run only `__new__` or `__setstate__` of a class."""
_LONGEST_NAME = 300


class Verdict(Enum):
    """What is thought of a call; from mildest to worst."""

    HARMLESS = 0
    UNCLEAR = 1
    UNLISTED_CLASS = 2
    """Only made or named, so no more than its `__new__` and `__setstate__` can run."""
    UNLISTED = 3
    UNUSUAL = 4
    DANGEROUS = 5


class Opinion(NamedTuple):
    """A verdict, and why in words."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the rules."""

    verdict: str
    what: str
    arguments: tuple[str, ...] | None = None
    operations: str = "any"
    """`make`: the class may be instantiated and filled, its constructor and its functions may not be called."""
    calls_arguments: bool = False
    """What it is given is called, now or later."""
    capitalised: bool = False
    """Of a wildcard, only names that look like classes are meant."""


class _Table(NamedTuple):
    exact: dict[str, _Entry]
    wild: dict[str, _Entry]
    """By prefix without `.*`."""
    anywhere: frozenset[str]
    """Names and prefixes that are dangerous behind any other module too, as in `torch.serialization.os.system`."""
    aliases: dict[str, str]


@cache
def _table() -> _Table:
    rules = load("pickle_callables")
    exact: dict[str, _Entry] = {}
    wild: dict[str, _Entry] = {}
    anywhere: set[str] = set()
    for line in rules["entries"]:
        fields = {key: value for key, value in line.items() if key not in ("names", "anywhere")}
        if "arguments" in fields:
            fields["arguments"] = tuple(fields["arguments"])
        entry = _Entry(**fields)
        for name in line["names"]:
            if line.get("anywhere"):
                anywhere.add(name.removesuffix(".*"))
            if name.endswith(".*"):
                wild[name[:-2]] = entry
            else:
                exact[name] = entry
    return _Table(exact, wild, frozenset(anywhere), rules["aliases"])


def weigh_call(call: dict[str, JSON]) -> Opinion:
    """Return what is thought of one call as a pickle reader records it (`op`, `callable`, `args`)."""
    name, arguments = str(call["callable"]), call["args"]
    if name.startswith("?<global "):
        return Opinion(Verdict.UNUSUAL, "it changes what was imported, not an object made by the pickle")
    if name.startswith("?"):
        return Opinion(Verdict.UNLISTED, "what it calls is itself computed and cannot be named")
    making = call["op"] in _MAKING
    entry = _entry(name)
    opinion = _weigh_entry(entry, making=making)
    if entry is None or opinion.verdict is Verdict.DANGEROUS:
        return opinion
    worst = max((opinion, _weigh_globals(arguments, called=entry.calls_arguments)), key=_severity)
    if call["op"] != "BUILD" and entry.arguments is not None:
        worst = max((worst, _weigh_arguments(entry.arguments, arguments)), key=_severity)
    return worst


def weigh_name(name: str, *, called: bool = False) -> Opinion:
    """Return what is thought of a global that is named; `called`: something may call it later."""
    entry = _entry(name)
    if entry is not None and entry.calls_arguments and called:
        return Opinion(Verdict.UNUSUAL, f"{shown(name)} is handed on to be called with what it is given")
    return _weigh_entry(entry, making=not called)


def _severity(opinion: Opinion) -> int:
    return opinion.verdict.value


def _weigh_entry(entry: _Entry | None, *, making: bool) -> Opinion:
    if entry is None:
        verdict = Verdict.UNLISTED_CLASS if making else Verdict.UNLISTED
        return Opinion(verdict, "it is not on the list of what frameworks write")
    if entry.verdict == "deny":
        return Opinion(Verdict.DANGEROUS, entry.what)
    if entry.verdict == "nested":
        return Opinion(Verdict.UNCLEAR, entry.what)
    if entry.operations == "make" and not making:
        return Opinion(Verdict.UNLISTED, "objects of its library are known, calls into it are not")
    return Opinion(Verdict.HARMLESS, entry.what)


def _entry(name: str) -> _Entry | None:
    if len(name) > _LONGEST_NAME:
        return None
    table = _table()
    parts = _canonical(name, table.aliases).split(".")
    whole = ".".join(parts)
    if whole in table.exact:
        return table.exact[whole]
    return _hidden(parts, table) or _wild(parts, table)


def _canonical(name: str, aliases: dict[str, str]) -> str:
    for old, new in aliases.items():
        if name == old or name.startswith(f"{old}."):
            return new + name[len(old) :]
    return name


def _hidden(parts: list[str], table: _Table) -> _Entry | None:
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            key = ".".join(parts[start:end])
            if key in table.anywhere:
                return table.exact.get(key) or table.wild[key]
    return None


def _wild(parts: list[str], table: _Table) -> _Entry | None:
    # A denied prefix wins over an allowed one, however short it is.
    found = [table.wild[key] for end in range(len(parts), 0, -1) if (key := ".".join(parts[:end])) in table.wild]
    for entry in found:
        if entry.verdict == "deny":
            return entry
    for entry in found:
        if not entry.capitalised or parts[-1].lstrip("_")[:1].isupper():
            return entry
    return None


def _weigh_globals(arguments: JSON, *, called: bool) -> Opinion:
    """Return the worst opinion of the globals that stand anywhere in `arguments`."""
    worst = Opinion(Verdict.HARMLESS, "")
    for name in globals_in(arguments):
        opinion = weigh_name(name, called=called)
        if opinion.verdict.value > worst.verdict.value:
            worst = Opinion(opinion.verdict, f"its argument {shown(name)}: {opinion.why}")
    return worst


def globals_in(sym: JSON) -> list[str]:
    """Return the globals that stand anywhere in symbolic arguments."""
    names, stack = [], [sym]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            if isinstance(item.get("global"), str):
                names.append(item["global"])
            stack.extend(value for key, value in item.items() if key in ("dict", "set", "persid"))
    return names


def _weigh_arguments(kinds: tuple[str, ...], arguments: JSON) -> Opinion:
    """Compare arguments with the kinds a rule names.

    A rule is a list of kinds by position, alternatives split by `|`; `?` at the end: may be missing from here on;
    `...` at the end: any number more of this kind; `=text`: just this text; `call name`: what that call returns.
    """
    if not isinstance(arguments, list):
        return Opinion(Verdict.UNCLEAR, "its arguments cannot be followed")
    unclear = False
    for index, argument in enumerate(arguments):
        kind = kinds[min(index, len(kinds) - 1)]
        if index >= len(kinds) and not kind.endswith("..."):
            return Opinion(Verdict.UNUSUAL, f"it is given {len(arguments)} arguments, more than any framework gives")
        fits = _fits(argument, kind.removesuffix("...").removesuffix("?"))
        if fits is False:
            return Opinion(Verdict.UNUSUAL, f"argument {index + 1} is not what any framework gives")
        unclear = unclear or fits is None
    if len(arguments) < len(kinds) and not kinds[len(arguments)].endswith(("?", "...")):
        return Opinion(Verdict.UNUSUAL, "arguments are missing that every framework gives")
    return Opinion(Verdict.UNCLEAR, "its arguments cannot be followed") if unclear else Opinion(Verdict.HARMLESS, "")


def _fits(argument: JSON, kinds: str) -> bool | None:
    """Say whether `argument` is of one of `kinds`; None when it cannot be known."""
    what = _kind(argument)
    for kind in kinds.split("|"):
        if kind in ("any", what) or (kind.startswith("=") and argument == kind[1:]):
            return True
        if isinstance(argument, dict) and kind == f"call {argument.get('call')}":
            return True
    return None if what in ("object", "deep") else False


def _kind(argument: Any) -> str:
    if argument is None:
        return "none"
    if isinstance(argument, bool):
        return "bool"
    if isinstance(argument, int):
        return "int"
    if isinstance(argument, str):
        return "text"
    if isinstance(argument, list):
        return "list"
    if isinstance(argument, dict):
        named = {"str": "text", "int": "int", "float": "float", "bytes": "bytes", "global": "class", "dict": "dict",
                 "set": "set", "persid": "persid", "deep": "deep"}  # fmt: skip
        return next((kind for key, kind in named.items() if key in argument), "object")
    return "object"
