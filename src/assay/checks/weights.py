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

_OPEN_SUFFIXES = {".gguf": "gguf", ".onnx": "onnx", ".npz": "numpy", ".npy": "numpy", ".tflite": "tflite",
                  ".pte": "executorch"}  # fmt: skip
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".model", ".mar", ".nemo", ".th")
_OTHER_SUFFIXES = (".h5", ".hdf5", ".keras", ".pb", ".msgpack", ".params", ".pdparams", ".bin", ".pt", ".pth", ".ckpt")
_SHARD = re.compile(r"(.*?)-(\d{5})-of-(\d{5})(\.[^/]*)")
_LEAST = 1024
_BIG = 1024 * 1024


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
    """Files that sets lack, one for each set that is not whole."""
    unread: tuple[str, ...]
    """Big files that look like weights in a format that no reader knows."""

    @property
    def vendor_locked(self) -> bool:
        """Whether only one vendor's stack can run what is here."""
        return bool(self.vendor) and not self.whole

    @property
    def data_only(self) -> bool | None:
        """Whether every weight file holds numbers and no program; None when some are known by their name only."""
        if self.vendor or "pickle" in self.formats:
            return False
        return True if self.formats == ("safetensors",) and not self.unread else None

    def to_fact(self) -> dict[str, JSON]:
        """Return the fact `weights`; what is not known is left out."""
        fact: dict[str, JSON] = {"formats": list(self.formats), "vendor_locked": self.vendor_locked}
        return fact if self.data_only is None else fact | {"data_only": self.data_only}


def weights(revision: Revision) -> Weights:
    """Sort the files of `revision` into weights and the rest."""
    vendor = _vendor(revision)
    open_files: list[ArtifactFile] = []
    formats = {item.format.name for item in vendor}
    unread = []
    locked = {item.path for item in vendor}
    for file in revision.files:
        name = _format(file)
        if _inside(file.path, locked):
            continue
        if name is not None:
            formats.add(name)
            open_files.append(file)
        elif file.format == "unclaimed" and file.size >= _BIG and file.path.lower().endswith(_OTHER_SUFFIXES):
            unread.append(file.path)
    broken = _broken(revision)
    whole = any(file.not_judged is None and file.path not in broken for file in open_files)
    gaps = dict.fromkeys(broken.values())
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
    if file.format == "unclaimed" and file.size >= _LEAST:
        return next((name for suffix, name in _OPEN_SUFFIXES.items() if lower.endswith(suffix)), None)
    return None


def _inside(path: str, places: set[str]) -> bool:
    """Say whether `path` is one of `places` or lies in a folder that is."""
    while path:
        if path in places:
            return True
        path = path.rpartition("/")[0]
    return False


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


def _broken(revision: Revision) -> dict[str, str]:
    """Return the files of sets that are not whole, each with a file that its set lacks."""
    broken: dict[str, str] = {}
    numbered: dict[tuple[str, ...], dict[int, str]] = {}
    for file in revision.files:
        shard = _SHARD.fullmatch(file.path)
        if shard is not None:
            stem, number, total, suffix = shard.groups()
            numbered.setdefault((stem, total, suffix), {})[int(number)] = file.path
        if file.path.endswith(".index.json"):
            folder = file.path.rpartition("/")[0]
            names = _mapped(revision.facts(file.path).get("document"))
            paths = [f"{folder}/{name}" if folder else name for name in names]
            gap = next((path for path in paths if path not in revision.by_path), None)
            broken |= {path: gap for path in paths if gap is not None}
    for (stem, total, suffix), shards in numbered.items():
        gap_number = next((number for number in range(1, int(total) + 1) if number not in shards), None)
        if gap_number is not None:
            gap = f"{stem}-{gap_number:05d}-of-{total}{suffix}"
            broken |= dict.fromkeys(shards.values(), gap)
    return broken


def _mapped(document: JSON) -> list[str]:
    mapping = document.get("weight_map") if isinstance(document, dict) else None
    names = mapping.values() if isinstance(mapping, dict) else ()
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))
