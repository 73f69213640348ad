"""What ONNX, ExecuTorch and TFLite models need beside the open runtime of their format."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from assay.artifact.revision import Revision, Seen
from assay.rules import load

__all__ = ["Need", "delegates", "operators"]


class Need(NamedTuple):
    """An operator or delegate that not every runtime has."""

    name: str
    runs: str
    """`vendor`, `extras`, or `unknown`."""
    on: str
    """The vendor, or the extra package."""
    seen: Seen


def operators(revision: Revision) -> Iterator[Need]:
    """Yield operators of ONNX models that are of no open runtime; the first of each domain in a file."""
    for seen in revision.seen("onnx"):
        own = set(seen.facts.get("functions", ()))
        said = set()
        for name in seen.facts.get("operators", ()):
            runs, on = _onnx(name)
            domain = name.partition("::")[0]
            if name not in own and runs != "open" and (domain, runs) not in said:
                said.add((domain, runs))
                yield Need(name, runs, on, seen)


def delegates(revision: Revision) -> Iterator[Need]:
    """Yield delegates of ExecuTorch programs and custom operators of TFLite models that bind them."""
    for format_, key in (("executorch", "delegates"), ("tflite", "custom")):
        known = {one["name"]: one for one in load("runtime_delegates")["entries"] if one["format"] == format_}
        for seen in revision.seen(format_):
            for name in seen.facts.get(key, ()):
                entry = known.get(name)
                if entry is None:
                    yield Need(name, "extras", "a runtime built with it", seen)
                elif entry["runs"] != "open":
                    yield Need(name, entry["runs"], entry["vendor"], seen)


def _onnx(name: str) -> tuple[str, str]:
    table = load("onnx_runtimes")
    for form, vendor in table["vendor_operators"].items():
        if fnmatchcase(name if "::" in name else f"::{name}", form):
            return "vendor", vendor
    domain = name.partition("::")[0] if "::" in name else ""
    for entry in table["entries"]:
        if any(fnmatchcase(domain, form) for form in entry["domains"]):
            return entry["runs"], entry.get("vendor") or entry.get("needs") or ""
    return "unknown", "no runtime that is known"
