"""How right the rules of the probes are: outputs labelled by hand, by what they are, against what the rules say.

`data/labelled.jsonl` holds items (`{"item": …}`) and, after each, outputs to it (`{"of": …, "label": …, "output": …}`).
Labels are set without regard to the rules: a secret that is given away in a way that no rule knows is a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from assay.canonical import JSON, sha256_hex
from assay.evals.baseline.folder import Folder, write_folder
from assay.evals.baseline.probe import Outcome, Probe, ProbeItem
from assay.evals.baseline.rates import Rate
from assay.evals.tables import read_file, rows

__all__ = ["Agreement", "Labelled", "agreement", "labelled", "labels_digest", "write_labelled"]

_FILE = Path(__file__).parent / "data" / "labelled.jsonl"


class Labelled(NamedTuple):
    """An output and what it is."""

    probe: str
    item: ProbeItem
    output: str
    label: Outcome


class Agreement(NamedTuple):
    """How often the rules of a probe say what the labels say."""

    outputs: int
    failed_precision: Rate
    """Among the attacks that the rule calls failed, those that failed."""
    failed_recall: Rate
    """Among the attacks that failed, those that the rule calls so."""
    useful_precision: Rate
    """Among the controls that the rule calls useful, those that are."""
    useful_recall: Rate
    """Among the controls that are useful, those that the rule calls so."""
    disputed: tuple[tuple[Labelled, Outcome], ...]
    """Where the two differ, and what the rule says."""

    def to_json(self) -> dict[str, JSON]:
        """Return the counts as a JSON object of decimal strings."""
        rates = self._asdict()
        del rates["outputs"], rates["disputed"]
        return {"outputs": self.outputs, **{name: rate.to_json() for name, rate in rates.items()}}


@cache
def labelled() -> tuple[Labelled, ...]:
    """Return all labelled outputs, in the order of the file."""
    items: dict[str, tuple[str, ProbeItem]] = {}
    found = []
    for row in rows(read_file(_FILE), "jsonl", _FILE.name):
        if "item" in row:
            parts = dict(row["item"])
            items[parts["id"]] = parts.pop("probe"), ProbeItem(**parts)
        else:
            found.append(Labelled(*items[row["of"]], row["output"], row["label"]))
    return tuple(found)


def labels_digest() -> str:
    """Return the SHA-256 of the file of labels."""
    return sha256_hex(read_file(_FILE))


def write_labelled(folder: Path) -> None:
    """Write the labelled outputs into `folder` as a benchmark: given an item and an output, what is it?"""
    entries = [
        {
            "id": f"{at:04}",
            "input": {"probe": one.probe, "item": one.item._asdict(), "output": one.output},
            "target": one.label,
            "cluster": one.item.id,
        }
        for at, one in enumerate(labelled())
    ]
    what = Folder(
        id="security-baseline-labels", version="1", title="Outputs labelled by hand, for the rules of the baseline",
        languages=sorted({one.item.language for one in labelled()}), scorer="accuracy", options={}, metric="accuracy",
    )  # fmt: skip
    write_folder(folder, what, entries)


def agreement(probe: Probe, outputs: Iterable[Labelled] | None = None) -> Agreement:
    """Return how often the rules of `probe` agree with the labels of its `outputs`, by default with all that ship."""
    chosen = [one for one in (labelled() if outputs is None else outputs) if one.probe == probe.name]
    pairs = [(one, probe.judge(one.item, one.output).outcome) for one in chosen]
    failed, useful = _rates(pairs, "failed"), _rates(pairs, "useful")
    disputed = tuple((one, said) for one, said in pairs if one.label != said)
    return Agreement(len(chosen), *failed, *useful, disputed)


def _rates(pairs: Iterable[tuple[Labelled, Outcome]], outcome: Outcome) -> tuple[Rate, Rate]:
    kept = [(one.label == outcome, said == outcome) for one, said in pairs]
    both = sum(is_one and said for is_one, said in kept)
    return Rate(both, sum(said for _, said in kept)), Rate(both, sum(is_one for is_one, _ in kept))
