"""The dossier as facts for policies: plain values, where a key that is missing means nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

from assay.canonical import JSON
from assay.dossier.axes import AxisState
from assay.dossier.evidence import Evidence
from assay.dossier.said import Result
from assay.finding import Outcome
from assay.lineage import Lineage, Terms

__all__ = ["facts"]

_MAX_ITEMS = 500
"""Longest list that a policy sees. A longer one is missing as a whole, so that rules about it stay undecided."""
_CLASSES = {"open_model": 3, "open_tooling": 2, "open_science": 1}
_LEAST_CLASS = 3
_DATA_VERDICTS = ("open", "restricted", "unknown", "undisclosed")
_MOST_DATASETS = 200


def facts(evidence: Evidence, states: Sequence[AxisState], origin: Lineage, terms: Terms) -> dict[str, JSON]:
    """Return what policies may ask about; `docs/reference/policy.md` describes every key."""
    found: dict[str, JSON] = {state.axis.value: _axis(state) for state in states}
    found["licence"] = _licence(evidence.facts.get("licence")) | terms.known()
    found["lineage"] = _lineage(origin, terms)
    found["framework"] = _framework(evidence.facts.get("framework"))
    found["training_data"] = _training_data(evidence.facts.get("training_data"))
    found["weights"] = _weights(evidence.facts.get("weights"))
    found["portable"] |= _portable(evidence)
    lists: dict[str, list[JSON]] = {
        "results": [_result(result) for result in evidence.results],
        "signers": list(evidence.signers),
        "findings": _findings(states),
        "pack_findings": _pack_findings(evidence),
    }
    return found | {name: items for name, items in lists.items() if len(items) <= _MAX_ITEMS}


def _axis(state: AxisState) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    if state.outcome is not Outcome.UNKNOWN:
        found["ok"] = state.outcome is Outcome.PASS
    if state.findings:
        found["worst"] = state.worst.value if state.worst else "none"
    return found


def _licence(fact: JSON) -> dict[str, JSON]:
    """The revision's own licence, as far as it binds nobody else: what it is called and whether its text is there."""
    if not isinstance(fact, dict):
        return {}
    found: dict[str, JSON] = {name: fact[name] for name in ("declared", "id", "spdx") if _text(fact.get(name))}
    if isinstance(fact.get("text_present"), bool):
        found["text_present"] = fact["text_present"]
    return found


def _lineage(origin: Lineage, terms: Terms) -> dict[str, JSON]:
    found: dict[str, JSON] = {"parents": [parent.name for parent in origin.parents]}
    if origin.declared is not None:
        found["declared"] = origin.declared
    if terms.unresolved:
        found["resolved"] = False
    elif origin.declared:
        found["resolved"] = True
    return found


def _framework(fact: JSON) -> dict[str, JSON]:
    """Each class is reached when that is proven, and missed when it is not even possible; else nobody knows."""
    if not isinstance(fact, dict):
        return {}
    proven, possible = fact.get("proven"), fact.get("possible")
    found: dict[str, JSON] = {}
    for name, level in _CLASSES.items():
        least, most = (_reaches(reached, level) for reached in (proven, possible))
        if least is not None and least is most:
            found[name] = least
    wanting = fact.get("wanting")
    if isinstance(wanting, list) and all(_text(item) for item in wanting):
        found["wanting"] = wanting
    return found


def _reaches(reached: JSON, level: int) -> bool | None:
    """Say whether a class, of which 1 is the best, 3 the least and 0 none, is `level` or better."""
    if not isinstance(reached, int) or isinstance(reached, bool) or not 0 <= reached <= _LEAST_CLASS:
        return None
    return 0 < reached <= level


def _training_data(fact: JSON) -> dict[str, JSON]:
    """What is not disclosed is not open and not restricted either: nobody knows."""
    verdict = fact.get("verdict") if isinstance(fact, dict) else None
    if verdict not in _DATA_VERDICTS:
        return {}
    found: dict[str, JSON] = {"disclosed": verdict != "undisclosed"}
    if verdict in ("open", "restricted"):
        found["open"] = verdict == "open"
    listed = fact.get("datasets") if isinstance(fact, dict) else None
    names = [item.get("name") for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    # An empty list would satisfy any rule about all of its items; one as long as an assessment keeps may be cut.
    if 0 < len(names) < _MOST_DATASETS and all(_text(name) for name in names):
        found["datasets"] = names
    return found


def _weights(fact: JSON) -> dict[str, JSON]:
    if not isinstance(fact, dict):
        return {}
    found: dict[str, JSON] = {
        name: fact[name] for name in ("data_only", "vendor_locked") if isinstance(fact.get(name), bool)
    }
    formats = fact.get("formats")
    if isinstance(formats, list) and all(_text(item) for item in formats):
        found["formats"] = formats
    return found


def _portable(evidence: Evidence) -> dict[str, JSON]:
    """The level, which files alone give, and how far runs show it; runs without a level show nothing."""
    fact = evidence.facts.get("portability")
    level = fact.get("level") if isinstance(fact, dict) else None
    return {"level": level, "evidence": evidence.runs.grade} if _text(level) else {}


def _result(result: Result) -> dict[str, JSON]:
    found: dict[str, JSON] = {"benchmark": result.benchmark, "metric": result.metric, "value": float(result.value),
                              "pinned": result.pinned, "own": result.own}  # fmt: skip
    optional = {
        "low": None if result.low is None else float(result.low),
        "high": None if result.high is None else float(result.high),
        "n": result.n,
    }
    return found | {name: value for name, value in optional.items() if value is not None}


def _findings(states: Sequence[AxisState]) -> list[JSON]:
    kinds = {
        (one.rule, state.axis.value, one.outcome.value, one.severity.value)
        for state in states
        for one in state.findings
    }
    return [dict(zip(("rule", "axis", "outcome", "severity"), kind, strict=True)) for kind in sorted(kinds)]


def _pack_findings(evidence: Evidence) -> list[JSON]:
    kinds = {
        (pack["id"], one["rule"], one["outcome"], one["severity"], one["confidence"])
        for pack in evidence.packs
        for one in pack["findings"]
    }
    keys = ("pack", "rule", "outcome", "severity", "confidence")
    return [dict(zip(keys, kind, strict=True)) for kind in sorted(kinds)]


def _text(value: JSON) -> bool:
    return isinstance(value, str) and bool(value)
