"""YAML text to a value from parser events alone: nothing is constructed, tags are written down, aliases are shared."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.observation import Problem
from assay.artifact.text.documents import Pruned, clean, float_fact, int_fact, prune
from assay.artifact.text.loader_keys import loader_keys
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["YAML_LIMIT", "Tag", "YamlDocument", "parse_yaml"]

YAML_LIMIT = 256 * 1024
"""Characters of YAML that are read; the parser is slow and its cost in the worst case grows faster than the text."""

_CORE = "tag:yaml.org,2002:"
_CORE_TAGS = frozenset(_CORE + name for name in ("null", "bool", "int", "float", "str", "seq", "map"))
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")

_NOTHING = Pruned(None, False)
_SWOLLEN = 1_000_000
"""Values that the aliases of an honest document stand for at most."""
_ENDLESS = 10**15


class Tag(NamedTuple):
    """A tag that is not one of the core schema."""

    tag: str
    """`!!python/object:x` for what YAML's own prefix hides, else in full."""
    line: int
    """Counted from 1."""


class YamlDocument:
    """The first document of a YAML text. Scalars follow the core schema of YAML 1.2; floats are decimal strings."""

    __slots__ = ("aliases", "documents", "kept", "loader_keys", "problems", "roots", "tags")

    def __init__(self) -> None:
        self.kept: Pruned = _NOTHING
        self.roots: list[JSON] = []
        """All documents, unpruned; aliases share what they stand for, and may form circles."""
        self.documents = 0
        self.tags: list[Tag] = []
        """Of all documents, in order."""
        self.aliases = 0
        self.loader_keys: list[JSON] = []
        """Of all documents, as `loader_keys.loader_keys` gives them."""
        self.problems: list[Problem] = []


class _Open:
    """A collection that is being filled."""

    __slots__ = ("key", "node")

    def __init__(self, node: JSON) -> None:
        self.node = node
        self.key: str | None = None
        """In a mapping: the key whose value comes next."""


def parse_yaml(text: str, budget: Budget, *, first_line: int = 1) -> YamlDocument:
    """Return what stands in `text`, whose first line has the number `first_line`.

    Raises:
        BudgetError: it is longer than 256 KiB, nests too deeply or has too many events for the budget.
        ReadError: it is not YAML.
    """
    import yaml  # noqa: PLC0415 (30 ms, for scans that meet YAML only)

    if len(text) > YAML_LIMIT:
        raise BudgetError(f"holds {len(text):,} characters of YAML; it is read up to {YAML_LIMIT:,}")
    builder = _Builder(budget, first_line)
    try:
        # The pure loader, because the one in C reports some errors differently.
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            builder.see(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {first_line + mark.line}" if mark else ""
        raise ReadError(f"is not valid YAML{where}: {clean(error.problem or 'malformed')[:200]}") from None
    except yaml.YAMLError:
        raise ReadError("holds characters that YAML forbids") from None
    except (ValueError, OverflowError):
        raise ReadError("holds an escape or a version that means nothing") from None
    return builder.finish()


def expanded(roots: list[JSON]) -> int:
    """Return how many values a document has once every alias is written out, counted up to 10^15, as without end."""
    counts: dict[int, int] = {}
    waiting: list[tuple[JSON, bool]] = [(root, False) for root in roots]
    begun: set[int] = set()
    while waiting:
        node, done = waiting.pop()
        inner = _inner(node)
        if done:
            # What is not counted yet at this point contains itself.
            total = 1 + sum(counts.get(id(one), _ENDLESS) for one in inner) + _width(node) - len(inner)
            counts[id(node)] = min(total, _ENDLESS)
        elif isinstance(node, dict | list) and id(node) not in begun:
            begun.add(id(node))
            waiting.append((node, True))
            waiting.extend((one, False) for one in inner)
    return min(sum(counts.get(id(root), 1) for root in roots), _ENDLESS)


def _inner(node: JSON) -> list[JSON]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [one for one in values if isinstance(one, dict | list)]


def _width(node: JSON) -> int:
    return len(node) if isinstance(node, dict | list) else 0


class _Builder:
    def __init__(self, budget: Budget, first_line: int) -> None:
        self.budget = budget
        self.first_line = first_line
        self.result = YamlDocument()
        self.roots: list[JSON] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, JSON] = {}

    def finish(self) -> YamlDocument:
        self.result.roots = self.roots
        self.result.kept = prune(self.roots[0] if self.roots else None)
        self.result.loader_keys = loader_keys(
            [root for root in self.roots if isinstance(root, dict | list)], self.budget
        )
        swollen = expanded(self.roots) if self.result.aliases else 0
        if swollen > _SWOLLEN:
            what = f"{swollen:,} values or more" if swollen < _ENDLESS else "values without end"
            self.problem("alias-expansion", f"a few aliases stand for {what}", 0)
        if self.result.documents > 1:
            self.problem("several-documents", f"holds {self.result.documents} documents; only the first is kept", 0)
        return self.result

    def see(self, event: Any) -> None:
        """Take one event of the parser."""
        self.budget.take_items()
        match type(event).__name__:
            case "DocumentStartEvent":
                self.result.documents += 1
                self.anchors = {}
            case "ScalarEvent":
                self.note_tag(event)
                self.place(event, _scalar(event), event.value)
            case "SequenceStartEvent":
                self.begin(event, [])
            case "MappingStartEvent":
                self.begin(event, {})
            case "SequenceEndEvent" | "MappingEndEvent":
                self.open.pop()
            case "AliasEvent":
                self.alias(event)

    def begin(self, event: Any, node: JSON) -> None:
        self.note_tag(event)
        self.budget.check_depth(len(self.open) + 1)
        self.place(event, node, None)
        self.open.append(_Open(node))

    def alias(self, event: Any) -> None:
        self.result.aliases += 1
        if event.anchor not in self.anchors:
            self.problem(
                "undefined-alias", f"refers to *{event.anchor[:80]}, which stands nowhere before", self.line(event)
            )
        value = self.anchors.get(event.anchor)
        self.place(event, value, value if isinstance(value, str) else None)

    def place(self, event: Any, value: JSON, written: str | None) -> None:
        """Put `value` where the next node belongs; `written` is its text when it may be a key."""
        if event.anchor is not None and type(event).__name__ != "AliasEvent":
            self.anchors[event.anchor] = value
        if not self.open:
            self.roots.append(value)
            return
        inner = self.open[-1]
        if isinstance(inner.node, list):
            inner.node.append(value)
        elif inner.key is None:
            inner.key = self.key(event, inner.node, written)
        else:
            inner.node[inner.key] = value
            inner.key = None

    def key(self, event: Any, mapping: dict[str, JSON], written: str | None) -> str:
        if written is None:
            self.problem("complex-key", "has a key that is no scalar; it is kept as `?`", self.line(event))
            return "?"
        if written in mapping:
            self.problem("duplicate-key", f"names the key {written[:80]!r} twice in one mapping", self.line(event))
        return written

    def note_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is not None and tag != "!" and tag not in _CORE_TAGS:
            short = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
            self.result.tags.append(Tag(clean(short)[:200], self.line(event)))

    def line(self, event: Any) -> int:
        return self.first_line + int(event.start_mark.line)

    def problem(self, code: str, message: str, line: int) -> None:
        """Note the first problem of each kind."""
        if all(problem.code != code for problem in self.result.problems):
            where = f" (line {line})" if line else ""
            self.result.problems.append(Problem(code, clean(message) + where))


def _scalar(event: Any) -> JSON:
    if event.tag in (None, "!"):
        return _core(event.value) if event.implicit[0] and event.tag is None else event.value
    return _core(event.value) if event.tag in _CORE_TAGS and event.tag != _CORE + "str" else event.value


def _core(text: str) -> JSON:
    """Resolve a plain scalar by the core schema (source: YAML 1.2.2, section 10.3.2)."""
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text[0] in "tT"
    if _INT.match(text):
        return int_fact(text)
    if _OCTAL.match(text):
        return int_fact(text[2:], 8)
    if _HEX.match(text):
        return int_fact(text[2:], 16)
    return float_fact(text) if _FLOAT.match(text) else text
