"""The exact revision that a lease names, fetched from its hub and checked by digest before anything is run on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from assay.artifact.blob import sha256_of
from assay.artifact.identity import ManifestLine
from assay.artifact.sources import Source
from assay.artifact.sources.hub import HubSource
from assay.artifact.sources.hub_address import HubAddress
from assay.artifact.sources.local import open_local
from assay.egress import Egress, EgressLimits
from assay.errors import EvaluationError
from assay.evals.pooling import model_digests

__all__ = ["fetch_model"]

_PIECE = 1024 * 1024
_SLOWEST = EgressLimits(request=600.0, total=6 * 3600.0)


def fetch_model(
    address: HubAddress, wanted: dict[str, str], folder: Path, *, token: str | None, most_bytes: int
) -> Path:
    """Return a folder below `folder` with the files at `address`, whose digests are those in `wanted`.

    `wanted` has `dirhash` and `weights_digest`. Models that were fetched earlier give way; at most `most_bytes` are
    kept altogether.

    Raises:
        EvaluationError: the files are others, or too large.
        SourceError: the hub does not answer, or not truly.
    """
    place = folder / wanted["dirhash"]
    if not place.is_dir():
        _make_room(folder)
        part = folder / f"{wanted['dirhash']}.part"
        with Egress(_SLOWEST, allow_private=True) as egress:
            _copy(HubSource(address, egress, token=token, max_bytes=2 * most_bytes), part, most_bytes)
        _check(part, wanted)
        part.replace(place)
    else:
        _check(place, wanted)
    return place


def _make_room(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        shutil.rmtree(old)


def _copy(source: Source, into: Path, most_bytes: int) -> None:
    entries = source.entries()
    size = sum(entry.size for entry in entries)
    if size > most_bytes:
        raise EvaluationError(
            f"{source.name} has {size:,} bytes, and {most_bytes:,} may be used", hint="Allow more with --disk."
        )
    for entry in entries:
        place = into / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        with source.open(entry) as blob, place.open("xb") as file:
            for at in range(0, entry.size, _PIECE):
                file.write(blob.read_at(at, _PIECE))
            file.flush()
            os.fsync(file.fileno())


def _check(place: Path, wanted: dict[str, str]) -> None:
    source = open_local(place)
    lines = []
    for entry in source.entries():
        with source.open(entry) as blob:
            lines.append(ManifestLine(entry.path, sha256_of(blob, entry.path)))
    found = model_digests(lines)
    for name, digest in wanted.items():
        if found[name] != digest:
            shutil.rmtree(place)
            raise EvaluationError(
                f"the {name} of what the hub sent is {found[name][:16]}, the lease says {digest[:16]}",
                hint="The hub, or something on the way, does not answer truly.",
            )
