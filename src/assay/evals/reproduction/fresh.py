"""Fresh samples: questions that did not exist when answers were public, so that only who runs the model can agree.

Two samples drawn by the audit's seed are put one after the other and asked as one, with the key of the second. Nobody
has answered that before: there are n times n of them, and which ones are asked is known only once the seed is.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError
from assay.evals.reproduction.audit import DRAWN, drawn

__all__ = ["fresh_files", "fresh_manifest_digest"]

_DATA = "fresh.jsonl"
_SCHEMA = "assay.benchmark/v1"


def fresh_files(
    manifest: dict[str, JSON], samples: Sequence[dict[str, str]], seed: str, m: int = DRAWN
) -> dict[str, bytes]:
    """Return the files of the benchmark of at most `m` fresh samples of another one, by name: to be run like any.

    `samples` are lines of the data of a benchmark of the first schema, in order of id; same seed, same bytes.

    Raises:
        EvaluationError: it is a benchmark of another schema, or has fewer than two samples.
    """
    if manifest.get("schema") != _SCHEMA or len(samples) < 2:
        raise EvaluationError(
            "fresh samples are drawn from two samples or more of a benchmark whose prompts are one text each",
            hint="Reproduce it in a round instead, where all commit before anything is public.",
        )
    ends = drawn(seed, len(samples), m)
    lines = [_joined(samples[_before(seed, end, len(samples))], samples[end]) for end in ends]
    data = b"".join(canonical_json(line) + b"\n" for line in sorted(lines, key=lambda line: line["id"]))
    fresh = manifest | {
        "id": f"{manifest['id'][:80]}-fresh",
        "version": seed[:16],
        "data": {"file": _DATA, "sha256": sha256_hex(data), "samples": len(lines)},
    }
    return {"manifest.json": canonical_json(fresh), _DATA: data}


def fresh_manifest_digest(files: dict[str, bytes]) -> str:
    """Return the digest by which a result names the benchmark in `files`."""
    return sha256_hex(files["manifest.json"])


def _before(seed: str, end: int, of: int) -> int:
    return int(sha256_hex(f"{seed} before {end}".encode()), 16) % of


def _joined(begin: dict[str, str], end: dict[str, str]) -> dict[str, str]:
    return end | {"id": f"{begin['id']}+{end['id']}", "input": begin["input"] + end["input"]}
