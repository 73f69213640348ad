"""Writes a benchmark's folder: data in canonical JSON lines, and the manifest that names them by digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.evals.baseline.rates import LEVEL
from assay.evals.manifest import SCHEMA, split_digest

__all__ = ["Folder", "write_folder"]

_DATA = "data.jsonl"


class Folder(NamedTuple):
    """What a benchmark of this suite is, apart from its rows."""

    id: str
    version: str
    title: str
    languages: Sequence[str]
    scorer: str
    options: Mapping[str, JSON]
    metric: str
    max_tokens: int | None = None
    """How much may be said to one sample; None where nothing is generated."""


def write_folder(folder: Path, what: Folder, rows: Sequence[Mapping[str, JSON]]) -> None:
    """Write `rows`, each with `id`, `input`, `target` and `cluster`, and their manifest into `folder`, which is made.

    Each row also gets the canary by which a copy of the data can be found: it follows from what the benchmark is.
    """
    key = sha256_hex(canonical_json([what.id, what.version, dict(what.options)]))[:32]
    canary = f"{what.id} canary {key}"
    lines = b"".join(canonical_json({**row, "canary": canary}) + b"\n" for row in rows)
    scorer = {"name": what.scorer, "options": dict(what.options)}
    manifest = {
        "schema": SCHEMA, "id": what.id, "version": what.version, "title": what.title,
        "licence": {"data": "CC0-1.0", "harness": "Apache-2.0"}, "language": list(what.languages),
        "visibility": "public",
        "data": {
            "file": _DATA, "format": "jsonl", "sha256": sha256_hex(lines), "samples": len(rows),
            "fields": {field: field for field in ("id", "input", "target", "cluster")},
        },
        "split": {"name": "test", "sha256": split_digest([row["id"] for row in rows])},
        "scorer": {**scorer, "sha256": sha256_hex(canonical_json(scorer))},
        "metric": {"name": what.metric, "level": LEVEL, "missing": "wrong", "extra": "error"},
        "canary": canary,
    }  # fmt: skip
    if what.max_tokens is not None:
        manifest["sampling"] = {"mode": "greedy", "max_tokens": what.max_tokens, "stop": []}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _DATA).write_bytes(lines)
    (folder / "manifest.json").write_bytes(canonical_json(manifest) + b"\n")
