"""ARTIFACT -> FINDINGS: one file per check in a folder per axis, found by folder, pure.

    @check("SEC101-pickle-call", severity=Severity.CRITICAL, claims=("pickle", "zip"))
    def pickle_call(revision: Revision) -> Iterator[Finding | Fact]:
        '''A pickle calls something that is not on the list of what frameworks write.

        <why it matters>

        Sample: <what such content looks like>

        Fix: <what to do>
        '''

The axis is that of the folder. A check yields failing or unknown findings (made by `fail` and `unknown` of its
own `Rule`) and facts; `judge` adds `unknown` for files that a check claims but that could not be read, and `pass`
where a check saw all it claims and had nothing to say.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from assay.artifact.revision import ArtifactFile, Revision
from assay.canonical import JSON
from assay.errors import RulesError
from assay.finding import AXES, Axis, Confidence, Fact, Finding, Outcome, Rule, RuleId, Severity
from assay.modules import modules_in

__all__ = ["Check", "Judgement", "check", "checks", "fail", "judge", "passed", "unknown"]

Body = Callable[[Revision], Iterator[Finding | Fact]]
"""What a check's author writes."""

_LONGEST = 4000
"""Characters of a message, a location or a fix."""
_FOLDERS = {"security": Axis.SECURE, "openness": Axis.OPEN, "portability": Axis.PORTABLE,
            "evaluated": Axis.EVALUATED, "provenance": Axis.PROVENANCE}  # fmt: skip


class Check(NamedTuple):
    """A rule, what it claims to read, and the function that looks."""

    rule: Rule
    version: int
    claims: tuple[str, ...]
    body: Body

    @property
    def page(self) -> str:
        """The docstring: what, why it matters, `Sample:`, `Fix:`."""
        from inspect import cleandoc  # noqa: PLC0415  # costs more than all checks, and few want a page

        return cleandoc(self.body.__doc__ or "")


class Judgement(NamedTuple):
    """What all checks said of one revision."""

    findings: tuple[Finding, ...]
    facts: dict[str, JSON]


def check(
    rule_id: str, *, severity: Severity, claims: tuple[str, ...] = (), version: int = 1
) -> Callable[[Body], Check]:
    """Make a check of a generator function; raise `version` when its answers change.

    `claims` names the formats without which the check cannot say `pass`.

    Raises:
        RulesError: the function has no docstring.
    """

    def decorate(body: Body) -> Check:
        axis = _FOLDERS[body.__module__.split(".")[-2]]
        title = (body.__doc__ or "").lstrip().partition("\n")[0]
        if not title:
            raise RulesError(f"{rule_id} has no docstring", hint="Run Python without -OO, which drops them.")
        return Check(Rule(RuleId(rule_id), axis, severity, title), version, claims, body)

    return decorate


def fail(
    of: Check,
    message: str,
    *,
    file: str | None = None,
    location: str | None = None,
    fix: str | None = None,
    severity: Severity | None = None,
    confidence: Confidence = Confidence.HIGH,
    detail: dict[str, JSON] | None = None,
) -> Finding:
    """Return a failing finding of check `of`; `severity` only where it differs from the rule's."""
    return Finding(
        of.rule.id, of.rule.axis, Outcome.FAIL, severity or of.rule.severity, confidence, _short(message), file,
        location and _short(location), fix and _short(fix), detail or {},
    )  # fmt: skip


def unknown(
    of: Check,
    message: str,
    *,
    file: str | None = None,
    location: str | None = None,
    fix: str | None = None,
    severity: Severity = Severity.INFO,
    detail: dict[str, JSON] | None = None,
) -> Finding:
    """Return a finding of check `of` that says what could not be decided and why."""
    return Finding(
        of.rule.id, of.rule.axis, Outcome.UNKNOWN, severity, Confidence.HIGH, _short(message), file,
        location and _short(location), fix and _short(fix), detail or {},
    )  # fmt: skip


def _short(text: str) -> str:
    """Return `text` as long as a sentence may be: names from files, such as those of members, may have no end."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def passed(of: Check, message: str) -> Finding:
    """Return a passing finding of check `of`."""
    return Finding(of.rule.id, of.rule.axis, Outcome.PASS, Severity.INFO, Confidence.HIGH, message)


@cache
def checks() -> tuple[Check, ...]:
    """Return every check, in order of axis and id.

    Raises:
        RulesError: two checks have one id.
    """
    found: dict[str, Check] = {}
    for folder in _FOLDERS:
        package = importlib.import_module(f"{__name__}.{folder}")
        for name in modules_in(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{name}")
            for value in vars(module).values():
                if isinstance(value, Check) and value.body.__module__ == module.__name__:
                    if value.rule.code in found:
                        raise RulesError(f"two checks have the id {value.rule.code}")
                    found[value.rule.code] = value
    return tuple(sorted(found.values(), key=lambda item: (AXES.index(item.rule.axis), item.rule.id)))


def judge(revision: Revision) -> Judgement:
    """Apply every check to what was observed: same observations, same checks, same rules data, same answer."""
    findings: list[Finding] = []
    facts: dict[str, JSON] = {}
    for one in checks():
        said = False
        for item in one.body(revision):
            if isinstance(item, Fact):
                if item.name in facts:
                    raise RulesError(f"two checks state the fact {item.name!r}")
                facts[item.name] = item.value
            else:
                findings.append(item)
                said = True
        for file in _unread(revision, one):
            findings.append(unknown(one, f"not judged: {file.not_judged}", file=file.path))
            said = True
        if not said:
            findings.append(passed(one, one.rule.title))
    return Judgement(tuple(findings), facts)


def _unread(revision: Revision, one: Check) -> Iterator[ArtifactFile]:
    for file in revision.files:
        if file.not_judged is not None and file.format in one.claims:
            yield file
