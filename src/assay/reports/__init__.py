"""What was found, for people and machines: one file per format, found by folder, all from one `assay.scan/v1` object.

A format is a module here with `NAME` and `render(scan, style) -> str`; nothing else has to know of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from assay.canonical import JSON
from assay.errors import RulesError, UsageError
from assay.reports.escape import visible
from assay.reports.scan import scan_report
from assay.reports.style import RuleNote, Style

__all__ = ["RuleNote", "Style", "check_format", "formats", "render", "scan_report", "visible"]


def formats() -> list[str]:
    """Return the names of all formats, sorted.

    Raises:
        RulesError: two files have one name.
    """
    return sorted(_modules())


def check_format(format: str) -> None:  # noqa: A002  the word of the command line
    """Refuse a format that is not there, before any work is done for it.

    Raises:
        UsageError: there is no such format.
    """
    if format not in _modules():
        raise UsageError(f"there is no report format {format!r}", hint=f"Choose one of: {', '.join(formats())}.")


def render(
    format: str,  # noqa: A002  the word of the command line
    scan: dict[str, JSON],
    *,
    color: bool = False,
    width: int = 80,
    unicode: bool = True,
    rules: Mapping[str, RuleNote] | None = None,
) -> str:
    """Return `scan`, an object as `scan_report` makes it, in one format; the text ends with a newline.

    `color` asks for terminal colours and `width` counts terminal columns, both for `text` alone; `unicode=False`
    keeps `text` to ASCII; `rules` maps rule ids to `title`, `page` and `severity`, for formats that explain rules.

    Raises:
        UsageError: there is no such format.
    """
    check_format(format)
    text: str = _modules()[format].render(scan, Style(color=color, width=width, unicode=unicode, rules=rules or {}))
    return text


@cache
def _modules() -> dict[str, ModuleType]:
    found: dict[str, ModuleType] = {}
    for item in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(item.name)
        name = getattr(module, "NAME", None)
        if name is not None and name in found:
            raise RulesError(f"two report formats have the name {name!r}")
        if name is not None:
            found[name] = module
    return found
