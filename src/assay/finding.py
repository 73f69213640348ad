"""What a check says: a rule, an outcome, how bad, how sure, where, and how to put it right."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, NewType

from assay.canonical import JSON

__all__ = ["AXES", "Axis", "Confidence", "Fact", "Finding", "Outcome", "Rule", "RuleId", "Severity"]

RuleId = NewType("RuleId", str)
"""`SEC101-slug`: axis prefix, number, slug. Never changes its meaning."""


class Axis(StrEnum):
    """The five questions, in the order in which they are always shown."""

    SECURE = "secure"
    OPEN = "open"
    PORTABLE = "portable"
    EVALUATED = "evaluated"
    PROVENANCE = "provenance"


AXES: tuple[Axis, ...] = tuple(Axis)


class Outcome(StrEnum):
    """What was found. `unknown` is never a pass."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How bad it would be, if true; from worst to mildest."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """4 for critical down to 0 for info, so that severities compare as numbers."""
        return len(Severity) - 1 - list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the check is that it read the situation rightly."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


# Looked up here and not made by the class: statements hold hundreds of findings, and that takes five times as long.
_AXES = {one.value: one for one in Axis}
_OUTCOMES = {one.value: one for one in Outcome}
_SEVERITIES = {one.value: one for one in Severity}
_CONFIDENCES = {one.value: one for one in Confidence}


class Rule(NamedTuple):
    """What is fixed about a check: its id, its axis and how bad a failure is unless a finding says otherwise."""

    id: RuleId
    axis: Axis
    severity: Severity
    title: str
    """One line, from the first line of the check's docstring."""

    @property
    def code(self) -> str:
        """The short form of the id: `SEC101` of `SEC101-pickle-call`."""
        return self.id.split("-", 1)[0]


class Finding(NamedTuple):
    """One thing a check saw. Everything in it is JSON, and nothing in it depends on time or machine."""

    rule: RuleId
    axis: Axis
    outcome: Outcome
    severity: Severity
    confidence: Confidence
    message: str
    file: str | None = None
    location: str | None = None
    """Where in the file: `offset 123`, `line 7`, `member data.pkl, offset 5`, `key base_model`."""
    fix: str | None = None
    detail: dict[str, JSON] = {}  # noqa: RUF012  # nobody changes it
    """Structured evidence for `assay explain --trace` and for machines; may be empty."""

    def to_json(self) -> dict[str, JSON]:
        """Return the finding as a JSON object with every key present."""
        return {
            "rule": self.rule,
            "axis": self.axis.value,
            "outcome": self.outcome.value,
            "severity": self.severity.value,
            "confidence": self.confidence.value,
            "message": self.message,
            "file": self.file,
            "location": self.location,
            "fix": self.fix,
            "detail": self.detail,
        }

    @classmethod
    def from_json(cls, data: dict[str, JSON]) -> Finding:
        """Read back what `to_json` wrote.

        Raises:
            KeyError: a key is missing, or an axis, outcome, severity or confidence is not one of ours.
            TypeError: one of these is no text.
        """
        return cls(
            rule=RuleId(data["rule"]),
            axis=_AXES[data["axis"]],
            outcome=_OUTCOMES[data["outcome"]],
            severity=_SEVERITIES[data["severity"]],
            confidence=_CONFIDENCES[data["confidence"]],
            message=data["message"],
            file=data["file"],
            location=data["location"],
            fix=data["fix"],
            detail=data["detail"],
        )


class Fact(NamedTuple):
    """A judged fact that policies ask about (`licence`, `lineage`, `weights`): a name and a JSON value."""

    name: str
    value: JSON
