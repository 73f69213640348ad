"""Which files of a revision are weights, in which format, and whether a set of them is whole."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from assay.artifact.revision import ArtifactFile, Revision, once
from assay.canonical import JSON
from assay.patterns import pattern
from assay.rules import load

__all__ = ["VendorFormat", "VendorWeights", "WeightSet", "Weights", "weights"]

_BY_NAME = {".gguf": "gguf", ".onnx": "onnx", ".ort": "onnx", ".npz": "numpy", ".npy": "numpy", ".tflite": "tflite",
            ".pte": "executorch", ".msgpack": "flax", ".mnn": "mnn", ".nemo": "nemo", ".ggml": "ggml",
            ".llamafile": "gguf", ".ncnn.bin": "ncnn"}  # fmt: skip
"""Formats that open runtimes read, where the bytes alone did not say it."""
_BY_CONTENT = {"safetensors": "safetensors", "gguf": "gguf", "onnx": "onnx", "tflite": "tflite",
               "executorch": "executorch", "hdf5": "hdf5", "tensorflow": "tensorflow", "paddle": "paddle"}  # fmt: skip
_GRAPHS = (".pb", ".pbtxt", ".meta")
_ARRAYS = (".h5", ".hdf5", ".keras", ".weights")
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".model", ".mar", ".nemo", ".th")
_OTHER_SUFFIXES = (".h5", ".hdf5", ".keras", ".pb", ".msgpack", ".params", ".pdparams", ".bin", ".pt", ".pth", ".ckpt")
_TEXTS = frozenset({"json", "jsonl", "yaml", "python", "card", "licence", "text", "xml"})
_SHARD = pattern(r"(.*?)-(\d{5})-of-(\d{5})(\.[^/]*)")
_TRAINING = pattern(r"(^|/)(training_args|optimizer|scheduler|rng_state(_\d+)?|scaler|trainer_state)\.[^/]*$")
"""What a trainer leaves beside weights."""
_LEAST = 1024
_BIG = 1024 * 1024


class VendorFormat(NamedTuple):
    """A format that one vendor's stack alone can run."""

    name: str
    vendor: str
    severity: str
    fix: str
    level: str = "P-D"


class VendorWeights(NamedTuple):
    """A file, or a folder that stands for one, in a vendor's format."""

    path: str
    format: VendorFormat


class WeightSet(NamedTuple):
    """Weights of one format that belong together: those of one folder, or of all folders of a pipeline."""

    format: str
    folder: str
    files: tuple[str, ...]
    whole: bool


class Weights(NamedTuple):
    """All weights of a revision."""

    formats: tuple[str, ...]
    """Sorted names of the formats seen, vendors' ones included."""
    vendor: tuple[VendorWeights, ...]
    sets: tuple[WeightSet, ...]
    """In formats that open runtimes read."""
    gaps: tuple[str, ...]
    """Files that sets lack, one for each set that is not whole."""
    unread: tuple[str, ...]
    """Big files that look like weights in a format that no reader knows."""

    @property
    def whole(self) -> bool:
        """Whether there is a complete set in a format that open runtimes read."""
        return any(one.whole for one in self.sets)

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


@once
def weights(revision: Revision) -> Weights:
    """Sort the files of `revision` into weights and the rest."""
    vendor = _vendor(revision)
    open_files: list[tuple[str, ArtifactFile]] = []
    formats = {item.format.name for item in vendor}
    unread = []
    locked = {item.path for item in vendor}
    for file in revision.files:
        name = _format(file, revision)
        if _inside(file.path, locked):
            continue
        if name is not None:
            formats.add(name)
            open_files.append((name, file))
        elif file.format == "unclaimed" and file.size >= _BIG and file.path.lower().endswith(_OTHER_SUFFIXES):
            unread.append(file.path)
    broken = _broken(revision)
    sets = _sets(open_files, broken, pipeline="model_index.json" in revision.by_path)
    gaps = dict.fromkeys(broken.values())
    return Weights(tuple(sorted(formats)), tuple(vendor), sets, tuple(gaps), tuple(unread))


def _sets(files: list[tuple[str, ArtifactFile]], broken: dict[str, str], *, pipeline: bool) -> tuple[WeightSet, ...]:
    """Put weights of one format and folder together; a pipeline needs what all its folders hold."""
    grouped: dict[tuple[str, str], list[ArtifactFile]] = {}
    for name, file in files:
        if not _TRAINING.search(file.path.lower()):
            folder = "" if pipeline else file.path.rpartition("/")[0]
            grouped.setdefault((name, folder), []).append(file)
    found = []
    for (name, folder), members in grouped.items():
        good = [file for file in members if file.not_judged is None and file.path not in broken]
        whole = len(good) == len(members) if pipeline else bool(good)
        found.append(WeightSet(name, folder, tuple(file.path for file in good if whole), whole))
    return tuple(found)


def _format(file: ArtifactFile, revision: Revision) -> str | None:
    lower = file.path.lower()
    if file.format in ("pickle", "zip"):
        torch = file.format == "zip" and file.observation is not None and file.observation.facts.get("torch") is True
        if file.format == "zip" and lower.endswith((".npz", ".keras")):
            return "numpy" if lower.endswith(".npz") else "keras"
        return "pickle" if torch or lower.endswith(_PICKLE_SUFFIXES) else None
    if file.format == "tensorflow" and not lower.endswith(_GRAPHS):
        return None
    if file.format == "hdf5":
        return "hdf5" if lower.endswith(_ARRAYS) else None
    if file.format in _BY_CONTENT:
        # An adapter is no set of weights of its own, but it is data all the same.
        return _BY_CONTENT[file.format]
    if file.format == "xml":
        beside = f"{file.path.removesuffix('.xml')}.bin"
        return "openvino" if revision.facts(file.path).get("root") == "net" and beside in revision.by_path else None
    if file.format == "unclaimed" and file.size >= _LEAST:
        if lower.endswith(".bin") and f"{file.path[:-4]}.xml" in revision.by_path:
            return "openvino"
        if re.search(r"(^|/)ggml-[^/]*\.bin$", lower):
            return "ggml"
        return next((name for suffix, name in _BY_NAME.items() if lower.endswith(suffix)), None)
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
        (
            line["suffix"],
            line["min_bytes"],
            VendorFormat(line["name"], line["vendor"], line["severity"], line["fix"], line["level"]),
        )
        for line in load("vendor_formats")["entries"]
    )


def _vendor(revision: Revision) -> list[VendorWeights]:
    found: dict[str, VendorWeights] = {}
    for file in revision.files:
        lower = file.path.lower()
        for suffix, least, one in _vendor_formats():
            named = lower.endswith(suffix) and file.format not in _TEXTS
            if named and (file.size >= least or file.format == one.name):
                found.setdefault(file.path, VendorWeights(file.path, one))
            elif f"{suffix}/" in lower:
                folder = file.path[: lower.index(f"{suffix}/") + len(suffix)]
                found.setdefault(folder, VendorWeights(folder, one))
        if file.format == "coreml" and not _inside(file.path, set(found)):
            coreml = next(one for _, _, one in _vendor_formats() if one.name == "coreml")
            found.setdefault(file.path, VendorWeights(file.path, coreml))
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
