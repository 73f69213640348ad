"""What a run depends on beside model and benchmark: system, processor, versions, threads."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

from assay.canonical import JSON

__all__ = ["environment"]

_LIBRARIES = ("onnxruntime", "tokenizers", "torch", "transformers")
_PROCESSOR = re.compile(r"^(?:model name|Processor|cpu model)\s*:\s*(\S.*)$", re.MULTILINE)


def environment(threads: int | None = None) -> dict[str, JSON]:
    """Return it as a result statement holds it; of libraries, those that this process has loaded."""
    found: dict[str, JSON] = {
        "os": platform.system(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "numpy": _version("numpy") or "none",
        "cpu": _processor(),
    }
    found |= {name: version for name in _LIBRARIES if (version := _version(name))}
    return found if threads is None else found | {"threads": threads}


def _version(name: str) -> str | None:
    loaded = sys.modules.get(name)
    return None if loaded is None else str(getattr(loaded, "__version__", "unknown"))[:100]


def _processor() -> str:
    place = Path("/proc/cpuinfo")
    named = _PROCESSOR.search(place.read_text("utf-8", "replace")) if place.exists() else None
    return (named[1] if named else platform.processor() or "unknown")[:200]
