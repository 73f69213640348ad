"""What a policy may ask: every fact with type and meaning, so that a misspelt name is an error and not an unknown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from assay.canonical import JSON
from assay.finding import AXES

__all__ = ["GROUPS", "LISTS", "Kind", "samples"]

Scalar = bool | int | float | str


class Kind(NamedTuple):
    """The type of a fact in CEL, two values of it to try rules on, and what it means."""

    cel: str
    values: tuple[JSON, JSON]
    meaning: str


def _flag(meaning: str) -> Kind:
    return Kind("bool", (True, False), meaning)


def _text(meaning: str, first: str = "", second: str = "none") -> Kind:
    return Kind("string", (first, second), meaning)


def _texts(meaning: str) -> Kind:
    return Kind("list(string)", (["x"], []), meaning)


def _whole(meaning: str) -> Kind:
    return Kind("int", (0, 1_000_000), meaning)


def _real(meaning: str) -> Kind:
    return Kind("double", (0.0, 1.0), meaning)


_AXIS = {
    "ok": _flag("the axis passes (true) or fails (false); unknown otherwise"),
    "worst": _text("worst severity that fails: critical, high, medium, low, info or none", "critical"),
}

GROUPS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        **{axis.value: _AXIS for axis in AXES},
        "portable": {
            **_AXIS,
            "level": _text("P-A portable, P-B conditional, P-C one vendor, P-D locked, U not enough evidence", "P-A"),
            "evidence": _text("how far it is shown: E0 by files, E1 by a run on a CPU, E2 on two vendors", "E0"),
        },
        "licence": {
            "declared": _text("the licence as the author declares it"),
            "id": _text("the licence it was recognised as"),
            "spdx": _text("its SPDX id, when it has one"),
            "text_present": _flag("the licence text is among the files"),
            "open": _flag("its own licence and every parent's is open (for software, content or data)"),
            "osi_approved": _flag("all of them are approved by the OSI"),
            "osaid_compatible": _flag("all of them can grant the four freedoms of the OSAID"),
            "non_commercial": _flag("one of them forbids commercial use"),
            "use_restrictions": _flag("one of them forbids some uses"),
            "user_capped": _flag("one of them sets a limit on users"),
            "user_cap": _whole("the lowest limit, in users"),
            "revenue_capped": _flag("one of them sets a limit on revenue"),
            "revenue_cap": _whole("the lowest limit, in US dollars a year"),
            "naming_required": _flag("one of them asks for a name or a mark to be shown"),
            "output_training_limited": _flag("one of them limits training on outputs"),
            "geo_excluded": _flag("one of them excludes a territory"),
        },
        "lineage": {
            "declared": _flag("the revision says what it was made from"),
            "resolved": _flag("it does, and the licence of every parent is known"),
            "parents": _texts("names of the parents"),
        },
        "framework": {
            "open_model": _flag("it reaches class III (Open Model) of the Model Openness Framework, or better"),
            "open_tooling": _flag("it reaches class II (Open Tooling), or better"),
            "open_science": _flag("it reaches class I (Open Science)"),
            "wanting": _texts("what keeps the next class from being proven: class and component"),
        },
        "training_data": {
            "disclosed": _flag("the card names datasets that it was trained on"),
            "open": _flag("every dataset that the card names is under an open licence"),
            "datasets": _texts("names of the datasets that the card names"),
        },
        "weights": {
            "formats": _texts("formats of the weight files"),
            "data_only": _flag("no weight file can carry code"),
            "vendor_locked": _flag("the weights run on one vendor's technology only"),
        },
    }
)
"""Facts by group; `group.name` in CEL. A fact that is not known makes what depends on it unknown."""

LISTS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "results": {
            "benchmark": _text("name of the benchmark"),
            "metric": _text("name of the metric"),
            "value": _real("its value"),
            "low": _real("lower end of the interval"),
            "high": _real("upper end of the interval"),
            "n": _whole("number of samples"),
            "pinned": _flag("signed by a pinned key"),
            "own": _flag("run by whoever asks"),
        },
        "signers": {},
        "findings": {
            "rule": _text("id of the rule"),
            "axis": _text("one of the five axes"),
            "outcome": _text("pass, fail or unknown"),
            "severity": _text("critical, high, medium, low or info"),
        },
        "pack_findings": {
            "pack": _text("id of the rule pack"),
            "rule": _text("id of the pack's rule"),
            "outcome": _text("fail, or unknown where the pack gave up"),
            "severity": _text("critical, high, medium, low or info"),
            "confidence": _text("high, medium or low"),
        },
    }
)
"""Lists with the keys of their items; `signers` is a list of key ids."""


def samples() -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Return two sets of facts in which everything is known, to try a rule's types on."""
    first, second = (
        {group: {name: kind.values[side] for name, kind in names.items()} for group, names in GROUPS.items()}
        for side in (0, 1)
    )
    item = {name: {key: kind.values[1] for key, kind in keys.items()} for name, keys in LISTS.items()}
    full: dict[str, JSON] = {name: [item[name] or "key"] for name in LISTS}
    return {**first, **full}, {**second, **full}
