"""FIX102: the text of the declared licence is added as LICENSE, where nothing speaks against that licence.

Nearly every licence asks that its text goes with each copy. Where the card declares a licence whose text ships with
Assay (Apache-2.0, MIT) and no licence text is there, the unchanged text is added.

Not done, because a person must decide: a parent stands under another licence, or under one that is not known; the MIT
text without a name for its copyright line; a licence whose text does not ship; a file called LICENSE that is something
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from assay.canonical import JSON
from assay.fixes._plan import Change, Job, Refusal
from assay.fixes._written import writing

__all__ = ["ID", "apply", "plan"]

ID = "FIX102-licence-text"

_FILE = "LICENSE"
_TEXTS = {"apache-2.0": "Apache-2.0", "mit": "MIT"}
_HOLDER = "<holder>"
_LONGEST_HOLDER = 200


def plan(job: Job) -> Iterator[Change | Refusal]:
    """Yield the text to add, or why none can be added."""
    licence = job.predicate["facts"].get("licence")
    if not isinstance(licence, dict) or licence.get("text_present") is not False or not licence.get("declared"):
        return
    name = licence.get("id")
    refusal = _cannot(job, name if isinstance(name, str) else None, str(licence["declared"])[:100])
    if refusal is not None:
        yield refusal
    else:
        spdx = _TEXTS[str(name)]
        yield Change(ID, (_FILE,), None, f"the card declares {spdx}, and its text goes with each copy")


def apply(job: Job, change: Change, out: Path) -> dict[str, JSON] | None:
    """Write the text; there are no tensors to speak of.

    Raises:
        FixError: it cannot be written.
    """
    text = _text(str(job.predicate["facts"]["licence"]["id"]))
    if job.holder is not None:
        text = text.replace(_HOLDER, job.holder.strip())
    with writing(out / change.adds[0]) as file:
        file.write(text.encode("utf-8"))
    return None


def _cannot(job: Job, name: str | None, declared: str) -> Refusal | None:
    if name not in _TEXTS:
        return Refusal(
            ID, None, f"the text of {name or declared} does not ship with Assay", "Add it from its publisher."
        )
    for parent in _parents(job):
        licence = parent.get("licence")
        theirs = licence.get("id") if isinstance(licence, dict) else None
        who = str(parent.get("name"))[:200]
        if theirs is None:
            why = f"the licence of its parent {who} is not known, so {_TEXTS[name]} may not be its to give"
            return Refusal(ID, None, why, "A person must decide: find out the parent's licence first.")
        if theirs != name:
            why = f"its parent {who} stands under {theirs}, so {_TEXTS[name]} may not be its to give"
            return Refusal(ID, None, why, "A person must decide: declare the parent's licence, or ask its holder.")
    if job.has(_FILE):
        return Refusal(ID, _FILE, "is there already but is no licence text", "Look at it, and rename or replace it.")
    if _HOLDER in _text(name) and not _is_line(job.holder):
        why = f"{_TEXTS[name]} names the holder of the copyright, and none was given"
        return Refusal(ID, None, why, "Name the years and the holder, such as '2026 Example Org', with --holder.")
    return None


def _parents(job: Job) -> list[dict[str, JSON]]:
    lineage = job.predicate["facts"].get("lineage")
    parents = lineage.get("parents", []) if isinstance(lineage, dict) else []
    return [parent if isinstance(parent, dict) else {} for parent in parents]


def _is_line(holder: str | None) -> bool:
    return holder is not None and bool(holder.strip()) and len(holder) <= _LONGEST_HOLDER and holder.isprintable()


def _text(name: str) -> str:
    return (resources.files(__package__) / "texts" / f"{_TEXTS[name]}.txt").read_text("utf-8")
