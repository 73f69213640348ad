"""R data (`.rds`, `.RData`): which language objects stand in it, above all promises, without evaluating anything.

Source of the layout: R Internals, section 1.8 (serialization formats), and R's own `serialize.c`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.rdata import Item, RSource, open_source, walk
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "rds"
VERSION = 1
_MOST_NAMES = 2000
_KINDS = {3: "closures", 4: "environments", 5: "promises", 6: "calls", 21: "bytecodes", 22: "pointers", 25: "s4"}


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return how many objects of R's language there are, and which names they use.

    Facts: `version`, `encoding` (`xdr`, `ascii` or `native`), `rdata`, counts by kind (`closures`, `environments`,
    `promises`, `unforced` promises, `calls`, `bytecodes`, `pointers`, `s4`), and `names`: for `promise`, `closure` and
    `language` the functions called (`heads`), other `symbols`, and `texts`.

    Raises:
        ReadError: it is no serialised R object.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    source = open_source(blob, budget)
    seen = _Seen(notes)
    with notes.until_broken():
        walk(source, budget, seen.item)
        if source.left():
            notes.problem("trailing-bytes", f"{source.left():,} bytes follow the last object", source.at)
    return notes.observation(seen.facts(source))


@dataclass(slots=True)
class _Seen:
    """Counts objects and gathers names."""

    notes: Notes
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys([*_KINDS.values(), "unforced"], 0))
    names: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def item(self, item: Item) -> None:
        """Note one object."""
        if item.kind in _KINDS:
            self.counts[_KINDS[item.kind]] += 1
        if item.unbound and item.within == "promise":
            self.counts["unforced"] += 1
        if item.name is not None and item.within is not None:
            group = self.names.setdefault(item.within, {"heads": set(), "symbols": set(), "texts": set()})
            kept = group["texts" if item.kind == 9 else "heads" if item.head else "symbols"]
            if item.name not in kept and len(kept) < _MOST_NAMES:
                self.notes.budget.take_facts(len(item.name) + 4)
                kept.add(item.name)

    def facts(self, source: RSource) -> dict[str, JSON]:
        names: dict[str, JSON] = {
            within: {key: sorted(kept) for key, kept in group.items()} for within, group in sorted(self.names.items())
        }
        head: dict[str, JSON] = {"version": source.version, "encoding": source.encoding, "rdata": source.rdata}
        return {**head, **self.counts, "names": names}
