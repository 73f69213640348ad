"""Calls in Python source as rules ask for them: what is called, with what, and where that comes from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import lru_cache, wraps
from typing import NamedTuple

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks.roles import aside, is_inference
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["Given", "Site", "calls", "function_at", "limited", "listed", "matches", "named", "steps", "weight"]

Body = Callable[[Revision], Iterator[Finding | Fact]]

_UNKNOWN: JSON = {"unknown": True}
_MOST = 50


class Given(NamedTuple):
    """What a parameter of a call gets."""

    literal: JSON = _UNKNOWN
    """The bounded literal, where it is known."""
    origins: tuple[str, ...] = ()
    """Where it comes from; empty for constants."""
    built: str | None = None
    """The text put together, with `{}` or `%s` for what is not known."""
    names: tuple[str, ...] = ()
    present: bool = True
    """False when the call does not have the parameter."""

    @property
    def is_known(self) -> bool:
        """Whether the whole value is known."""
        return bool(self.literal != _UNKNOWN)

    def last_names(self) -> set[str]:
        """Return the last parts of the names it may stand for: `SafeLoader` of `yaml.SafeLoader`."""
        return {name.rsplit(".", 1)[-1] for name in self.names}


ABSENT = Given(present=False)


class Site(NamedTuple):
    """One call."""

    record: dict[str, JSON]

    @property
    def names(self) -> list[str]:
        """What is called, as far as imports and values tell."""
        name, known = str(self.record["name"]), self.record.get("as")
        if known is not None and "." not in name:
            return list(known)  # a name of this module hides the function that it is otherwise the name of
        return [name, *(known or ())]

    @property
    def line(self) -> int:
        """The line of the call, from 1."""
        return int(self.record["line"])

    @property
    def on_import(self) -> bool:
        """Whether importing the module makes the call."""
        return self.record["scope"] in ("module", "class")

    @property
    def evidence(self) -> dict[str, JSON]:
        """What identifies the call in a finding's detail."""
        return {"call": self.record["name"], "at": self.record.get("at")}

    def given(self, keyword: str | None = None, position: int | None = None) -> Given:
        """Return what the parameter of this name, or at this position, gets; maybe through `**`."""
        flow = self.record.get("flow", {})
        if keyword is not None and keyword in self.record["keywords"]:
            return _given(self.record["keywords"][keyword], flow, keyword)
        if position is not None and position < len(self.record["args"]):
            return _given(self.record["args"][position], flow, str(position))
        if keyword is not None and "**" in self.record["keywords"]:
            return _unpacked(flow, keyword)
        return ABSENT

    def receiver(self) -> Given:
        """Return what the method that is called belongs to."""
        return _given(_UNKNOWN, self.record.get("flow", {}), ".")

    def all_given(self) -> Iterator[Given]:
        """Yield what all arguments get."""
        for position in range(len(self.record["args"])):
            yield self.given(position=position)
        for keyword in self.record["keywords"]:
            yield self.given(keyword)


def limited(body: Body) -> Body:
    """Make a check tell no more than 50 things of one file: who made the same mistake so often knows it by then."""

    @wraps(body)
    def told(revision: Revision) -> Iterator[Finding | Fact]:
        count: Counter[str | None] = Counter()
        for item in body(revision):
            if isinstance(item, Finding):
                count[item.file] += 1
                if count[item.file] > _MOST:
                    continue
            yield item

    return told


def calls(seen: Seen) -> Iterator[Site]:
    """Yield every call in one Python file, in order of line."""
    return map(Site, seen.facts["calls"])


def listed(group: str, key: str) -> tuple[str, ...]:
    """Return a list of names from `rules/code_flaws.json`."""
    return tuple(load("code_flaws")["entries"][group][key])


@lru_cache(256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for names that may hold `*`."""
    return re.compile("|".join(translate(name) for name in names) or r"(?!)")


@lru_cache(256)
def _deep(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if "(" in name or name.startswith("*"))


def matches(names: Iterable[str], wanted: tuple[str, ...]) -> str | None:
    """Return the first of `names` that is one of `wanted`, which may hold `*`.

    What is called on the outcome of a call, `subprocess.run().check`, is no `subprocess.*`.
    """
    for name in names:
        if _pattern(_deep(wanted) if "()" in name and ":" not in name else wanted).match(name):
            return name
    return None


def steps(origin: str) -> list[str]:
    """Return where a value comes from, and each thing that it passed through."""
    return origin.split(">")


def named(origin: str) -> str:
    """Return the name of what an origin begins with: `url` of `param:url@app.get>str`."""
    return re.split("[@~]", steps(origin)[0].partition(":")[2])[0]


def function_at(seen: Seen, line: int) -> str:
    """Return the qualified name of the innermost function around `line`; empty outside functions."""
    around = [(first, name) for name, first, last in seen.facts["functions"] if first <= line <= last]
    return str(max(around)[1]) if around else ""


def weight(severity: Severity, seen: Seen) -> Severity:
    """Return what `severity` weighs in this file: a step less where running the model does not need it."""
    return severity if is_inference(seen.place) else aside(severity)


def _given(written: JSON, flow: dict[str, JSON] | None, key: str) -> Given:
    if flow is None:
        return Given(written, () if written != _UNKNOWN else ("deep:",))
    entry = flow.get(key) or flow.get(f"*{key}") or {}
    literal = written if _whole(written) else entry.get("is", written)
    return Given(literal, tuple(entry.get("from", ())), entry.get("built"), tuple(entry.get("names", ())))


def _whole(written: JSON) -> bool:
    return bool(written != _UNKNOWN) and not isinstance(written, list | dict)


def _unpacked(flow: dict[str, JSON] | None, keyword: str) -> Given:
    entry = (flow or {}).get("**", {})
    known = entry.get("is")
    if not isinstance(known, dict) or "dict" not in known:
        return Given(origins=("name:**",))
    for pair in known["dict"]:
        if isinstance(pair, list) and len(pair) == 2 and pair[0] == keyword:
            return Given(pair[1], tuple(entry.get("from", ())) if pair[1] == _UNKNOWN else ())
    return ABSENT
