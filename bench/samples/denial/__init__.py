"""Files and folders that are made to exhaust who reads them: each a few megabytes that claim to be endless.

Nothing here carries a payload; what stands in these files is only long, deep, repeated or folded into itself. They lie
apart from the labelled artifacts because what counts is what reading them costs: see `bench/denial.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Load", "file", "loads"]


class Load(NamedTuple):
    """One folder that costs more than it should."""

    name: str
    """Unique over all loads."""
    make: Callable[[Path], None]
    """Writes it into an empty folder."""
    source: str
    """The CVE, CWE, paper or specification that it is written from."""


def file(name: str, path: str, content: Callable[[], bytes], source: str) -> Load:
    """Return a load of one file, whose content is made when it is written."""

    def make(folder: Path) -> None:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content())

    return Load(name, make, source)


def loads() -> Iterator[Load]:
    """Yield every load of this package, in a fixed order."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        yield from importlib.import_module(f"{__name__}.{module.name}").loads()
