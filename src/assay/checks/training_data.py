"""The data that a model says it was trained on, and what is known of its licences: the data verdict."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks.licences import Licence, licence
from assay.checks.stated_licences import stated_licence
from assay.rules import load

__all__ = ["Dataset", "TrainingData", "training_data"]

_DATA = (".txt", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".arrow", ".txt.gz", ".jsonl.gz")
_MOST = 200
"""Datasets that are looked up; a longer list is cut, and then never called open."""


class Dataset(NamedTuple):
    """One dataset that the card names."""

    name: str
    licence: Licence | None
    """None when it is not in the table."""
    here: bool = False
    """Whether the name is the path of a file in the repo itself."""


class TrainingData(NamedTuple):
    """All datasets that the card names."""

    datasets: tuple[Dataset, ...]
    cut: bool = False

    @property
    def verdict(self) -> str:
        """How open the data is, apart from the licence of the weights.

        `open`: every dataset named is under an open licence; `restricted`: one at least is not; `unknown`: the
        licence of one is not known; `undisclosed`: none is named.
        """
        if not self.datasets:
            return "undisclosed"
        known = [one.licence for one in self.datasets]
        if any(one is not None and one.is_clear and not one.is_open for one in known):
            return "restricted"
        return "open" if all(one is not None and one.is_open for one in known) and not self.cut else "unknown"

    def to_fact(self) -> dict[str, JSON]:
        """Return the fact `training_data`."""
        named = [{"name": one.name[:200], "licence": one.licence.id if one.licence else None} for one in self.datasets]
        return {"verdict": self.verdict, "datasets": named}


def training_data(revision: Revision) -> TrainingData:
    """Return the datasets under `datasets` in the card, with the licences that the table knows, and what lies here.

    Files of data in the repo count when a licence is stated beside one of them: then all are meant to be had.
    """
    named = [Dataset(name, _licence(name)) for name in dict.fromkeys(_names(revision.card().get("datasets")))]
    held = [Dataset(path, stated_licence(revision, path), here=True) for path in _held(revision)]
    found = [*named, *(held if any(one.licence for one in held) else ())]
    return TrainingData(tuple(found[:_MOST]), len(found) > _MOST)


def _held(revision: Revision) -> Iterator[str]:
    for file in revision.files:
        path = file.path.lower()
        if path.startswith("data/") and path.endswith(_DATA):
            yield file.path


def _names(value: JSON) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and item.strip():
            yield item.strip()


def _licence(name: str) -> Licence | None:
    slug = _table().get(name.lower())
    return licence(slug) if slug else None


@cache
def _table() -> dict[str, str]:
    return {name.lower(): slug for name, slug in load("dataset_licences")["entries"].items()}
