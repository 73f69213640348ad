"""Policies from YAML, read strictly: every key known, every expression compiled, every fault with its line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import yaml

from assay.errors import PolicyError
from assay.policy.cel import Expression, compiled
from assay.policy.suppression import Suppression

__all__ = ["Kind", "Policy", "Rule", "load_policy", "parse_policy", "read_policy", "shipped"]

_SHIPPED = Path(__file__).parent / "shipped"
_MAX_BYTES = 65_536
_MAX_RULES = 100
_MAX_TEXT = 500
_MAX_DEPTH = 4
_MAX_SUPPRESSIONS = 500
_FORM = "A policy has the keys name, about, deny, require and suppress; each rule has name, when and say."
_SUPPRESSION = "Each suppression has rule, path, reason and until, a day such as 2027-06-30; sha256 may stand beside."


class Kind(StrEnum):
    """What a rule does: refuse where it is true, or refuse where it is false."""

    DENY = "deny"
    REQUIRE = "require"


class Rule(NamedTuple):
    """One named rule; `say` is the sentence for people, true when the rule decides against."""

    kind: Kind
    name: str
    when: Expression
    say: str


class Policy(NamedTuple):
    """An adopter's own rules."""

    name: str
    about: str
    rules: tuple[Rule, ...]
    suppress: tuple[Suppression, ...] = ()
    """Findings that it lives with for a while; they do not decide."""


def shipped() -> tuple[str, ...]:
    """Return the names of the policies that ship with Assay, sorted."""
    return tuple(sorted(place.stem for place in _SHIPPED.glob("*.yaml")))


def load_policy(name_or_path: str) -> Policy:
    """Load a shipped policy by its name, or any other by its path; `./default` is always a path.

    Raises:
        PolicyError: there is no such policy, it cannot be read, or it is not well formed.
    """
    return parse_policy(read_policy(name_or_path), name_or_path)


def read_policy(name_or_path: str) -> bytes:
    """Return the YAML of a policy as `load_policy` finds it; at most one byte more than a policy may have.

    Raises:
        PolicyError: there is no such policy, or it cannot be read.
    """
    if name_or_path in shipped():
        return (_SHIPPED / f"{name_or_path}.yaml").read_bytes()
    try:
        with Path(name_or_path).open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PolicyError(
            f"policy {name_or_path!r}: {reason}", hint=f"Give a path, or one of: {', '.join(shipped())}."
        ) from error


def parse_policy(data: bytes, place: str) -> Policy:
    """Read a policy from the bytes of a YAML file; `place` names the file in errors.

    Raises:
        PolicyError: it is too large, no plain YAML, has a wrong shape, or a rule does not compile.
    """
    if len(data) > _MAX_BYTES:
        raise PolicyError(f"{place}: a policy has at most {_MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
        _refuse_cleverness(text, place)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise PolicyError(f"{place}: not UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise PolicyError(f"{place}: {_yaml_fault(error)}", hint=_FORM) from error
    return _policy(_Reader(place), root)


def _refuse_cleverness(text: str, place: str) -> None:
    """Refuse anchors, aliases, tags and depth before anything is built from the text."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise PolicyError(f"{place}, line {line}: anchors and aliases have no place in a policy")
        if getattr(event, "tag", None) is not None:
            raise PolicyError(f"{place}, line {line}: tags have no place in a policy")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise PolicyError(f"{place}, line {line}: nested deeper than a policy goes", hint=_FORM)


def _policy(reader: _Reader, root: yaml.Node | None) -> Policy:
    if root is None:
        raise PolicyError(f"{reader.place}: the file is empty", hint=_FORM)
    fields = reader.mapping(root, required={"name"}, optional={"about", "deny", "require", "suppress"})
    rules = [rule for kind in Kind if kind in fields for rule in reader.rules(fields[kind], kind)]
    if not rules:
        raise PolicyError(f"{reader.place}: no rules, so it would admit anything", hint=_FORM)
    if len(rules) > _MAX_RULES:
        raise PolicyError(f"{reader.place}: {len(rules)} rules, more than {_MAX_RULES}")
    names = [rule.name for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PolicyError(f"{reader.place}: two rules are called {twice!r}")
    about = reader.text(fields["about"]) if "about" in fields else ""
    suppress = reader.suppressions(fields["suppress"]) if "suppress" in fields else ()
    return Policy(reader.text(fields["name"]), about, tuple(rules), suppress)


class _Reader(NamedTuple):
    """Typed access to YAML nodes; each complaint names file and line."""

    place: str

    def fault(self, node: yaml.Node, what: str, hint: str = _FORM) -> PolicyError:
        return PolicyError(f"{self.place}, line {node.start_mark.line + 1}: {what}", hint=hint)

    def mapping(self, node: yaml.Node, required: set[str], optional: set[str]) -> Mapping[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.fault(node, "expected keys and values")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key)
            if name in found:
                raise self.fault(key, f"the key {name!r} stands here twice")
            if name not in required | optional:
                raise self.fault(key, f"unknown key {name!r}")
            found[name] = value
        missing = sorted(required - found.keys())
        if missing:
            raise self.fault(node, f"the key {missing[0]!r} is missing")
        return found

    def text(self, node: yaml.Node, limit: int = _MAX_TEXT) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.fault(node, "expected a text")
        if len(node.value) > limit:
            raise self.fault(node, f"longer than {limit} characters")
        return str(node.value).strip()

    def rules(self, node: yaml.Node, kind: Kind) -> list[Rule]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fault(node, f"{kind.value!r} is a list of rules")
        return [self.rule(item, kind) for item in node.value]

    def rule(self, node: yaml.Node, kind: Kind) -> Rule:
        fields = self.mapping(node, required={"name", "when", "say"}, optional=set())
        name = self.text(fields["name"])
        try:
            when = compiled(self.text(fields["when"], limit=_MAX_BYTES))
        except PolicyError as error:
            raise self.fault(fields["when"], f"rule {name!r}: {error}", error.hint()) from error
        return Rule(kind, name, when, self.text(fields["say"]))

    def suppressions(self, node: yaml.Node) -> tuple[Suppression, ...]:
        if not isinstance(node, yaml.SequenceNode) or len(node.value) > _MAX_SUPPRESSIONS:
            raise self.fault(node, f"'suppress' is a list of at most {_MAX_SUPPRESSIONS}", _SUPPRESSION)
        return tuple(map(self.suppression, node.value))

    def suppression(self, node: yaml.Node) -> Suppression:
        fields = self.mapping(node, required={"rule", "path", "reason", "until"}, optional={"sha256"})
        try:
            until = dt.date.fromisoformat(self.text(fields["until"]))
        except ValueError:
            raise self.fault(fields["until"], "expected a day such as 2027-06-30", _SUPPRESSION) from None
        sha256 = self.text(fields["sha256"]) if "sha256" in fields else None
        if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
            raise self.fault(fields["sha256"], "expected the 64 digits of a sha256", _SUPPRESSION)
        rule, path, reason = (self.text(fields[key]) for key in ("rule", "path", "reason"))
        return Suppression(rule, path, reason, until, sha256)


def _yaml_fault(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).partition("\n")[0]
