"""The report for programs: the `assay.scan/v1` object itself, indented, keys in the order of the contract."""

from __future__ import annotations

import json
import re

from assay.canonical import JSON
from assay.reports.escape import visible
from assay.reports.scan import in_order
from assay.reports.style import Style

__all__ = ["render"]

_SUSPECT = re.compile("[^\n -~]")
"""Whatever `json.dumps` leaves as it is beyond printable ASCII; line feeds stand only between tokens."""


def render(scan: dict[str, JSON], style: Style) -> str:  # noqa: ARG001  one signature for all formats
    """Return `scan` as JSON; every string reads back exactly, and none can command a terminal or hide in it."""
    text = json.dumps(in_order(scan), ensure_ascii=False, indent=2, allow_nan=False)
    return _SUSPECT.sub(_spelled, text) + "\n"


def _spelled(match: re.Match[str]) -> str:
    char = match[0]
    return char if visible(char) == char else json.dumps(char)[1:-1]
