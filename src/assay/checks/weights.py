"""Which files of a revision are weights, in which format, and whether a set of them is whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from assay.artifact.revision import ArtifactFile, Revision
from assay.canonical import JSON
from assay.rules import load

__all__ = ["VendorFormat", "VendorWeights", "Weights", "weights"]

_DATA_SUFFIXES = {".gguf": "gguf", ".onnx": "onnx", ".npz": "numpy", ".npy": "numpy", ".tflite": "tflite",
                  ".pte": "executorch"}  # fmt: skip
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".model", ".mar", ".nemo", ".th")
_OTHER_SUFFIXES = (".h5", ".hdf5", ".keras", ".pb", ".msgpack", ".params", ".pdparams", ".bin", ".pt", ".pth", ".ckpt")
_SHARD = re.compile(r"(.*?)-(\d{5})-of-(\d{5})(\.[^/]*)")
_DATA_ONLY = frozenset({"safetensors", *_DATA_SUFFIXES.values()})
_BIG = 1024 * 1024
_MOST_SHARDS = 10_000


class VendorFormat(NamedTuple):
    """A format that one vendor's stack alone can run."""

    name: str
    vendor: str
    severity: str
    fix: str


class VendorWeights(NamedTuple):
    """A file, or a folder that stands for one, in a vendor's format."""

    path: str
    format: VendorFormat


@dataclass(frozen=True, slots=True)
class Weights:
    """All weights of a revision."""

    formats: tuple[str, ...]
    """Sorted names of the formats seen, vendors' ones included."""
    vendor: tuple[VendorWeights, ...]
    whole: bool
    """Whether there is a complete set in a format that open runtimes read."""
    gaps: tuple[str, ...]
    """Shards that are named but missing."""
    unread: tuple[str, ...]
    """Big files that look like weights in a format that no reader knows."""

    @property
    def vendor_locked(self) -> bool:
        """Whether only one vendor's stack can run what is here."""
        return bool(self.vendor) and not self.whole

    @property
    def data_only(self) -> bool:
        """Whether every weight file is of a format that holds numbers and no program."""
        return bool(self.formats) and not self.unread and all(name in _DATA_ONLY for name in self.formats)

    def to_fact(self) -> dict[str, JSON]:
        """Return the fact `weights`."""
        return {"formats": list(self.formats), "data_only": self.data_only, "vendor_locked": self.vendor_locked}


def weights(revision: Revision) -> Weights:
    """Sort the files of `revision` into weights and the rest."""
    vendor = _vendor(revision)
    open_files: list[ArtifactFile] = []
    formats = {item.format.name for item in vendor}
    unread = []
    locked = {item.path for item in vendor}
    for file in revision.files:
        name = _format(file)
        if any(file.path == path or file.path.startswith(f"{path}/") for path in locked):
            continue
        if name is not None:
            formats.add(name)
            open_files.append(file)
        elif file.format == "unclaimed" and file.size >= _BIG and file.path.lower().endswith(_OTHER_SUFFIXES):
            unread.append(file.path)
    gaps = _gaps(revision)
    whole = any(not _belongs(file.path, gaps) and file.not_judged is None for file in open_files)
    return Weights(tuple(sorted(formats)), tuple(vendor), whole, tuple(gaps), tuple(unread))


def _format(file: ArtifactFile) -> str | None:
    lower = file.path.lower()
    if file.format == "safetensors":
        # An adapter is no set of weights of its own, but it is data all the same.
        return "safetensors"
    if file.format in ("pickle", "zip"):
        torch = file.format == "zip" and file.observation is not None and file.observation.facts.get("torch") is True
        if file.format == "zip" and lower.endswith(".npz"):
            return "numpy"
        return "pickle" if torch or lower.endswith(_PICKLE_SUFFIXES) else None
    if file.format in ("unclaimed", *_DATA_ONLY):
        return next((name for suffix, name in _DATA_SUFFIXES.items() if lower.endswith(suffix)), None)
    return None


@cache
def _vendor_formats() -> tuple[tuple[str, int, VendorFormat], ...]:
    return tuple(
        (line["suffix"], line["min_bytes"], VendorFormat(line["name"], line["vendor"], line["severity"], line["fix"]))
        for line in load("vendor_formats")["entries"]
    )


def _vendor(revision: Revision) -> list[VendorWeights]:
    found: dict[str, VendorWeights] = {}
    for file in revision.files:
        lower = file.path.lower()
        for suffix, least, one in _vendor_formats():
            if lower.endswith(suffix) and file.format == "unclaimed" and file.size >= least:
                found.setdefault(file.path, VendorWeights(file.path, one))
            elif f"{suffix}/" in lower:
                folder = file.path[: lower.index(f"{suffix}/") + len(suffix)]
                found.setdefault(folder, VendorWeights(folder, one))
    return list(found.values())


def _gaps(revision: Revision) -> list[str]:
    """Return shards that an index or the numbering of their siblings names, and that are not there."""
    wanted: dict[str, None] = {}
    for file in revision.files:
        shard = _SHARD.fullmatch(file.path)
        if shard is not None and 0 < int(shard[3]) <= _MOST_SHARDS:
            for number in range(1, int(shard[3]) + 1):
                wanted[f"{shard[1]}-{number:05d}-of-{shard[3]}{shard[4]}"] = None
        if file.path.endswith(".index.json"):
            folder = file.path.rpartition("/")[0]
            for name in _mapped(revision.facts(file.path).get("document")):
                wanted[f"{folder}/{name}" if folder else name] = None
    return [path for path in wanted if path not in revision.by_path]


def _mapped(document: JSON) -> list[str]:
    mapping = document.get("weight_map") if isinstance(document, dict) else None
    names = mapping.values() if isinstance(mapping, dict) else ()
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _belongs(path: str, gaps: list[str]) -> bool:
    """Say whether `path` is of a set that has gaps."""
    shard = _SHARD.fullmatch(path)
    if shard is None:
        return False
    stem = f"{shard[1]}-"
    return any(gap.startswith(stem) and gap.endswith(shard[4]) for gap in gaps)
