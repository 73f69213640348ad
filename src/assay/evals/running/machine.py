"""On what a model was run: system, processor's maker, versions of libraries; and how fast, which stands beside."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import resource
import sys
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from assay.canonical import JSON

__all__ = ["Clock", "machine", "silicon"]

_MAKERS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon", "CentaurHauls": "VIA",
           "0x41": "Arm", "0x61": "Apple", "0x51": "Qualcomm", "0xc0": "Ampere", "0x48": "HiSilicon", "0x4e": "NVIDIA",
           "0x46": "Fujitsu", "0x50": "Applied Micro", "0x43": "Cavium"}  # fmt: skip
"""By `vendor_id` of x86 (CPUID) and `CPU implementer` of Arm (MIDR_EL1)."""
_LINE = re.compile(r"^(?:vendor_id|CPU implementer)\s*:\s*(\S+)", re.MULTILINE)


def silicon(cpuinfo: str, system: str, arch: str) -> str:
    """Return who made the processor; `unknown` where the system does not say."""
    named = _LINE.search(cpuinfo)
    if named is not None:
        return _MAKERS.get(named[1], "unknown")
    return "Apple" if system == "Darwin" and arch == "arm64" else "unknown"


def machine(libraries: Iterable[str]) -> dict[str, JSON]:
    """Return the environment of a run that uses `libraries`, by the names of their distributions."""
    place = Path("/proc/cpuinfo")
    cpuinfo = place.read_text("utf-8", "replace") if place.exists() else ""
    versions: dict[str, JSON] = {name: importlib.metadata.version(name) for name in sorted(libraries)}
    return {
        "os": platform.system(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "silicon": silicon(cpuinfo, platform.system(), platform.machine()),
        "libraries": versions,
    }


class Clock:
    """Measures the time from `start` on, and the memory of this process."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def start(self) -> None:
        """Begin to count: the model is loaded."""
        self._started = time.perf_counter()

    def to_json(self, count: int) -> dict[str, JSON]:
        """Return tokens or outputs per second, and the peak of resident memory in bytes."""
        seconds = max(time.perf_counter() - self._started, 1e-9)
        unit = 1 if sys.platform == "darwin" else 1024
        return {
            "tokens_per_second": str(Decimal(count / seconds).quantize(Decimal("0.001"))),
            "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        }
