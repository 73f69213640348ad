"""Benchmarks of version 2 for the tests, written as files and read back."""

import hashlib
import json

from assay.canonical import canonical_json
from assay.evals.manifest import load_suite, split_digest

ROWS = [
    {"id": f"q{at:03}", "input": f"{at} plus 1?", "target": str(at + 1), "control": str(at + 2),
     "cluster": f"c{at // 4}"}
    for at in range(40)
]  # fmt: skip


def digest(raw):
    return hashlib.sha256(raw).hexdigest()


def suite(folder, rows=ROWS, *, scorer="accuracy", options=None, metric=None, template=None, shots=(), **changes):
    """Write a benchmark into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (folder / "data.jsonl").write_bytes(raw)
    rule = {"name": scorer, "options": options or {}}
    document = {
        "schema": "assay.benchmark/v2", "id": "sums", "version": "1", "title": "Sums",
        "licence": {"data": "CC0-1.0", "harness": "Apache-2.0"}, "language": ["en"], "visibility": "public",
        "data": {"file": "data.jsonl", "format": "jsonl", "sha256": digest(raw), "samples": len(rows),
                 "fields": {key: key for key in rows[0]}},
        "split": {"name": "test", "sha256": split_digest([row["id"] for row in rows])},
        "scorer": {**rule, "sha256": digest(canonical_json(rule))},
        "metric": {"name": metric or scorer, "level": "0.95", "missing": "wrong", "extra": "error"},
    }  # fmt: skip
    if template is not None:
        (folder / "template.txt").write_bytes(template.encode())
        document["template"] = {"file": "template.txt", "sha256": digest(template.encode())}
    if shots:
        lines = "".join(json.dumps(row) + "\n" for row in shots).encode()
        (folder / "shots.jsonl").write_bytes(lines)
        document["few_shot"] = {
            "file": "shots.jsonl",
            "format": "jsonl",
            "sha256": digest(lines),
            "samples": len(shots),
        }
    (folder / "manifest.json").write_text(json.dumps(document | changes))
    return load_suite(folder)
