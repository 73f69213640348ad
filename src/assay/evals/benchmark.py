"""A benchmark as the runner takes it: one that ships or a folder, of either version; version 1 is described here.

    {"schema": "assay.benchmark/v1", "id": "next-letter", "version": "1", "title": "...", "licence": "CC0-1.0",
     "data": {"file": "data.jsonl", "sha256": "...", "samples": 60}, "template": "{input}",
     "sampling": {"mode": "greedy", "max_tokens": 1, "stop": []},
     "scorer": {"name": "exact-match", "characters": 1}, "metric": {"name": "accuracy", "level": "0.95"}}

Each line of the data is `{"id": ..., "input": ..., "target": ..., "control": ...}`. `control` is a wrong answer of the
same kind: who knows the task never gives it, who guesses gives it as often as the right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError, ReadError
from assay.evals.manifest import SCHEMA, Item, Manifest, Suite, load_suite, split_digest
from assay.evals.statistics import LEVELS

__all__ = ["FirstSuite", "load_benchmark", "names", "shipped"]

_MANIFEST = "manifest.json"
_KEYS = {"schema", "id", "version", "title", "licence", "data", "template", "sampling", "scorer", "metric"}
_OPTIONAL = {"about", "source"}
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_LARGEST = 64 * 1024 * 1024
_MOST_TOKENS = 4096
_FOREIGN = "Write it as docs/reference/evaluation.md describes."


@dataclass(frozen=True)
class FirstSuite(Suite):
    """A benchmark of version 1 as what the runner takes; its digests are those that version 1 defines."""

    first: dict[str, JSON]
    """The manifest as it stands in the folder."""

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the canonical manifest, of the samples as canonical lines in order of id, and of the scorer."""
        lines = b"".join(canonical_json(item.to_json()) + b"\n" for item in self.items)
        return {
            "manifest_digest": sha256_hex(canonical_json(self.first)),
            "dataset_digest": sha256_hex(lines),
            "scorer_digest": sha256_hex(canonical_json(self.first["scorer"])),
        }


def names() -> list[str]:
    """Return the names of the benchmarks that ship, sorted."""
    return sorted(item.name for item in _home().iterdir() if (item / _MANIFEST).is_file())


def shipped(name: str) -> Suite:
    """Return the benchmark `name` that ships with Assay.

    Raises:
        EvaluationError: there is none of that name.
    """
    if name not in names():
        raise EvaluationError(f"there is no benchmark {name!r}", hint=f"There are: {', '.join(names())}")
    return load_benchmark(_home() / name)


def load_benchmark(folder: Path) -> Suite:
    """Return the benchmark in `folder`, whichever version its manifest has.

    Raises:
        EvaluationError: the manifest is malformed, or the data are not those it names.
        MissingExtraError: as `load_suite`.
    """
    manifest = _object(_read(folder / _MANIFEST), _MANIFEST)
    if manifest.get("schema") == SCHEMA:
        return load_suite(folder)
    _check(manifest)
    data = manifest["data"]
    raw = _read(folder / data["file"])
    if sha256_hex(raw) != data["sha256"]:
        raise EvaluationError(
            f"{data['file']} has the digest {sha256_hex(raw)}, the manifest says {data['sha256']}",
            hint="Fetch the benchmark again; or, if it is yours, write the digest into a new version.",
        )
    items = tuple(sorted(_items(raw, data["file"])))
    if len(items) != data["samples"] or len({item.id for item in items}) != len(items):
        raise EvaluationError(f"{data['file']} has not {data['samples']} samples of different ids", hint=_FOREIGN)
    if len({item.control is None for item in items}) > 1:
        raise EvaluationError(f"{data['file']}: some samples have a control and some have none", hint=_FOREIGN)
    return FirstSuite(_presented(manifest, items), items, str(manifest["template"]), (), manifest)


def _presented(first: dict[str, JSON], items: tuple[Item, ...]) -> Manifest:
    """Return what a manifest of version 2 would say of the same benchmark."""
    fields = {key: key for key in items[0].to_json()}
    scorer = {"name": first["scorer"]["name"], "options": {"characters": first["scorer"]["characters"]}}
    return Manifest(
        {key: first[key] for key in ("id", "version", "title", "about", "source", "sampling") if key in first}
        | {
            "schema": SCHEMA,
            "licence": {"data": first["licence"], "harness": first["licence"]},
            "language": ["und"],
            "visibility": "public",
            "data": {**first["data"], "format": "jsonl", "fields": fields},
            "split": {"name": "all", "sha256": split_digest([item.id for item in items])},
            "scorer": {**scorer, "sha256": sha256_hex(canonical_json(scorer))},
            "metric": {**first["metric"], "missing": "error", "extra": "error"},
        }
    )


def _home() -> Path:
    return Path(str(resources.files(__package__) / "benchmarks"))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except OSError as error:
        raise EvaluationError(f"cannot read {file}: {error.strerror}", hint="Name a folder with a manifest.") from error
    if len(raw) > _LARGEST:
        raise EvaluationError(f"{file} is longer than {_LARGEST:,} bytes")
    return raw


def _object(raw: bytes, where: str) -> dict[str, JSON]:
    try:
        document = parse_json(raw.decode("utf-8"), Budget())
    except (ReadError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{where} is not JSON: {error}", hint=_FOREIGN) from error
    if not isinstance(document.value, dict) or document.problems() or not _can_be_digested(document.value):
        raise EvaluationError(f"{where} is no JSON object with each key once", hint=_FOREIGN)
    return document.value


def _can_be_digested(value: JSON) -> bool:
    try:
        canonical_json(value)
    except (TypeError, ValueError):
        return False
    return True


def _items(raw: bytes, where: str) -> Iterator[Item]:
    for number, line in enumerate(raw.splitlines(), 1):
        item = _object(line, f"{where}, line {number}")
        texts = all(isinstance(value, str) and value for value in item.values())
        if not texts or not {"id", "input", "target"} <= item.keys() <= {"id", "input", "target", "control"}:
            raise EvaluationError(f"{where}, line {number}: needs id, input and target as texts", hint=_FOREIGN)
        if item.get("control") == item["target"]:
            raise EvaluationError(f"{where}, line {number}: the control is the right answer", hint=_FOREIGN)
        yield Item(item["id"], item["input"], item["target"], item.get("control"), None)


def _check(manifest: dict[str, JSON]) -> None:
    if manifest.get("schema") != "assay.benchmark/v1":
        raise EvaluationError(f"the schema is {manifest.get('schema')!r}, not 'assay.benchmark/v1'", hint=_FOREIGN)
    if not _KEYS <= manifest.keys() <= _KEYS | _OPTIONAL:
        odd = sorted((_KEYS - manifest.keys()) | (manifest.keys() - _KEYS - _OPTIONAL))
        raise EvaluationError(f"the manifest lacks, or should not have, {odd[0][:80]!r}", hint=_FOREIGN)
    for name, holds in _rules(manifest):
        if not holds:
            raise EvaluationError(f"the manifest's {name} makes no sense", hint=_FOREIGN)


def _rules(manifest: dict[str, JSON]) -> Iterator[tuple[str, bool]]:
    for name in ("id", "version", "title", "licence", "template"):
        yield name, isinstance(manifest[name], str) and 0 < len(manifest[name]) <= 200
    yield "id", _NAME.fullmatch(manifest["id"]) is not None
    yield "template", manifest["template"].count("{input}") == 1
    for name in ("data", "sampling", "scorer", "metric"):
        yield name, isinstance(manifest[name], dict)
    data, sampling, scorer, metric = (manifest[name] for name in ("data", "sampling", "scorer", "metric"))
    yield "data", data.keys() == {"file", "sha256", "samples"} and _count(data["samples"], 1_000_000)
    yield "data", isinstance(data["file"], str) and _FILE.fullmatch(data["file"]) is not None
    yield "data", isinstance(data["sha256"], str) and re.fullmatch(r"[0-9a-f]{64}", data["sha256"]) is not None
    yield "sampling", sampling.keys() == {"mode", "max_tokens", "stop"} and sampling["mode"] == "greedy"
    yield "sampling", _count(sampling["max_tokens"], _MOST_TOKENS) and isinstance(sampling["stop"], list)
    yield "sampling", all(isinstance(stop, str) and 0 < len(stop) <= 100 for stop in sampling["stop"][:100])
    yield "sampling", len(sampling["stop"]) <= 100
    yield "scorer", scorer.keys() == {"name", "characters"} and scorer["name"] == "exact-match"
    yield "scorer", _count(scorer["characters"], 1000)
    yield "metric", metric.keys() == {"name", "level"} and str(metric["level"]) in LEVELS
    yield "metric", metric["name"] == "accuracy"


def _count(value: JSON, most: int) -> bool:
    return type(value) is int and 0 < value <= most
