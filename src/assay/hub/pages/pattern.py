"""Every part that pages are made of, on one page, to be looked at in light, dark and narrow."""

from __future__ import annotations

from starlette.responses import Response

from assay.canonical import JSON
from assay.finding import AXES, Outcome
from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.reports.style import AXIS_NAMES, OUTCOME_WORDS

__all__ = ["routes"]

_OUTCOMES = (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.FAIL, Outcome.PASS)
_SAID: dict[str, JSON] = {
    "digest": "0" * 64,
    "kind": "assessment",
    "signers": [{"keyid": "a" * 64, "name": "", "own": True}],
    "own": True,
    "pinned": False,
    "foreign": False,
    "received": 1_763_856_000,
}


def pattern(call: Call) -> Response:
    """Return the pattern page."""
    outcomes = dict(zip((axis.value for axis in AXES), (one.value for one in _OUTCOMES), strict=True))
    cards = [
        {
            "axis": axis,
            "name": AXIS_NAMES[axis],
            "outcome": outcome,
            "word": OUTCOME_WORDS[outcome],
            "reason": "One sentence that says why, the worst first, the rest counted.",
            "by": [] if outcome == Outcome.UNKNOWN else [_SAID],
        }
        for axis, outcome in outcomes.items()
    ]
    verdicts = [
        {
            "policy": "default",
            "outcome": outcome,
            "word": word,
            "because": [{"name": "a-rule", "outcome": outcome, "text": "What the rule says about it."}],
            "flips": [],
        }
        for outcome, word in (("admit", "admitted"), ("refuse", "refused"), ("undecided", "undecided"))
    ]
    row = {"name": "org/model", "path": "/pattern", "private": True, "updated": _SAID["received"], "title": "A model",
           "licence": "apache-2.0", "task": "text-generation", "library": None, "axes": outcomes}  # fmt: skip
    return page(call, "pattern.html", cards=cards, verdicts=verdicts, repos=[row], outcomes=outcomes)


routes = [Route("GET", "/pattern", pattern, Needs.ANYONE)]
