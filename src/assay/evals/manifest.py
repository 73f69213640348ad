"""A benchmark's manifest, version 2: every part by digest, both licences, who may see what, and how it is counted.

    {"schema": "assay.benchmark/v2", "id": "river-names", "version": "1.0", "title": "...",
     "licence": {"data": "CC-BY-4.0", "harness": "Apache-2.0"}, "language": ["de", "en"], "visibility": "held-out",
     "data": {"file": "data.parquet", "format": "parquet", "sha256": "...", "samples": 400,
              "fields": {"id": "id", "input": "question", "target": "answer", "cluster": "river"}},
     "labels": {"file": "labels.csv", "format": "csv", "sha256": "..."},
     "split": {"name": "test", "sha256": "..."},
     "template": {"file": "template.txt", "sha256": "..."},
     "few_shot": {"file": "few_shot.jsonl", "format": "jsonl", "sha256": "...", "samples": 4},
     "sampling": {"mode": "greedy", "max_tokens": 16, "stop": ["###"]},
     "scorer": {"name": "accuracy", "options": {}, "sha256": "..."},
     "metric": {"name": "accuracy", "level": "0.95", "missing": "wrong", "extra": "error"},
     "floors": {"chance": "0.25", "utility": "0.4"}, "canary": "..."}

Version 1 is read by `benchmark`, which presents it as the same thing.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError, ReadError, StatementError
from assay.evals.sampling import Sampling, read_sampling
from assay.evals.statistics import LEVELS
from assay.evals.tables import FORMATS, Row, read_file, rows
from assay.statements.fields import Field

__all__ = ["SCHEMA", "VISIBILITIES", "Item", "Manifest", "Suite", "load_suite", "read_manifest", "split_digest"]

SCHEMA = "assay.benchmark/v2"
VISIBILITIES = ("public", "held-out", "private")
"""Public: all is published. Held-out: inputs are, labels stay on the hub. Private: only digests are published."""

_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1024 * 1024
_KEYS = ("schema", "id", "version", "title", "licence", "language", "visibility", "data", "split", "scorer", "metric")
_OPTIONAL = ("about", "source", "labels", "template", "few_shot", "sampling", "floors", "canary")
_FIELDS = ("input", "target", "control", "cluster", "choices")
_METRIC = ("name", "level", "missing", "extra")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|zxx|und|mul)")
_HINT = "Write the manifest as docs/reference/benchmark-manifest.md describes."


class Item(NamedTuple):
    """One sample; what its benchmark does not have is None."""

    id: str
    input: JSON
    target: JSON
    control: JSON
    cluster: str | None
    choices: JSON = None

    def to_json(self) -> Row:
        """Return the sample as a JSON object, without what it does not have."""
        return {name: value for name, value in self._asdict().items() if value is not None}

    def unlabelled(self) -> Item:
        """Return the sample without its target."""
        return self._replace(target=None)


@dataclass(frozen=True)
class Manifest:
    """A manifest that is well formed."""

    document: dict[str, JSON]

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.document["id"])

    @property
    def metric(self) -> str:
        """The name of what is measured."""
        return str(self.document["metric"]["name"])

    @property
    def level(self) -> str:
        """The level of its interval."""
        return str(self.document["metric"]["level"])

    @property
    def missing(self) -> str:
        """What becomes of a sample without a prediction: `error` or `wrong`."""
        return str(self.document["metric"]["missing"])

    @property
    def extra(self) -> str:
        """What becomes of a prediction without a sample: `error` or `ignore`."""
        return str(self.document["metric"]["extra"])

    @property
    def options(self) -> dict[str, JSON]:
        """What the scorer is told."""
        return dict(self.document["scorer"]["options"])

    @property
    def sampling(self) -> Sampling:
        """How answers are to be taken, where the manifest says so; otherwise greedily."""
        asked = self.document.get("sampling")
        return Sampling() if asked is None else read_sampling(Field(asked, "sampling"))

    @property
    def clustered(self) -> bool:
        """Whether samples name a cluster."""
        return "cluster" in self.document["data"]["fields"]

    @property
    def canary(self) -> str | None:
        """The text that stands in its data so that a copy of them can be found."""
        return self.document.get("canary")

    def floor(self, name: str) -> Decimal | None:
        """Return the floor `chance` or `utility`, None when there is none: below it, a score says nothing."""
        value = self.document.get("floors", {}).get(name)
        return None if value is None else Decimal(value)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the manifest in canonical JSON."""
        return sha256_hex(canonical_json(self.document))


@dataclass(frozen=True)
class Suite:
    """A manifest with its parts, each checked against its digest."""

    manifest: Manifest
    items: tuple[Item, ...]
    """In order of id."""
    template: str | None
    few_shot: tuple[Row, ...]

    @cached_property
    def digests(self) -> dict[str, str]:
        """What a result names: the digests of manifest, samples, scorer, split and, where there are any, the others."""
        document = self.manifest.document
        # Labels of their own have their own digest, so that who may not see them finds the same digest of the data.
        items = (item.unlabelled() if "labels" in document else item for item in self.items)
        lines = hashlib.sha256()
        for item in items:
            lines.update(canonical_json(item.to_json()) + b"\n")
        found = {
            "manifest_digest": self.manifest.digest,
            "dataset_digest": lines.hexdigest(),
            "scorer_digest": str(document["scorer"]["sha256"]),
            "split_digest": str(document["split"]["sha256"]),
        }
        for part in ("template", "few_shot", "labels"):
            if part in document:
                found[f"{part.replace('_', '')}_digest"] = str(document[part]["sha256"])
        return found


def read_manifest(raw: bytes, where: str = _MANIFEST) -> Manifest:
    """Return the manifest in `raw`.

    Raises:
        EvaluationError: it is malformed; the message begins with the field.
    """
    try:
        document = parse_json(raw.decode("utf-8"), Budget())
    except (ReadError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{where}: {error}", hint=_HINT) from error
    if problems := document.problems():
        raise EvaluationError(f"{where}: {problems[0].message}", hint=_HINT)
    try:
        _check(Field(document.value, where))
    except StatementError as error:
        raise EvaluationError(str(error), hint=_HINT) from None
    return Manifest(document.value)


def load_suite(folder: Path, *, labels: bool = True) -> Suite:
    """Return the benchmark in `folder` with all parts that its manifest names.

    Without `labels`, a file of labels is not looked for, and samples that have theirs there have no target: so runs
    who may see the inputs only.

    Raises:
        EvaluationError: the manifest is malformed, a part is missing or has another digest, or samples make no sense.
        MissingExtraError: a part is parquet and pyarrow is not installed.
    """
    manifest = read_manifest(read_file(folder / _MANIFEST, _LARGEST_MANIFEST))
    document = manifest.document
    data = document["data"]
    targets = _labels(folder, document["labels"]) if labels and "labels" in document else None
    table = rows(_part(folder, data, "data"), data["format"], data["file"])
    items = sorted(_items(table, data, targets), key=lambda item: item.id)
    _check_samples(items, manifest)
    template = None
    if "template" in document:
        template = _text(_part(folder, document["template"], "template"), document["template"]["file"])
        if template.count("{input}") != 1:
            raise EvaluationError(f"{document['template']['file']}: needs {{input}} just once", hint=_HINT)
    shots: list[Row] = []
    if few := document.get("few_shot"):
        shots = rows(_part(folder, few, "few_shot"), few["format"], few["file"])
        if len(shots) != few["samples"]:
            raise EvaluationError(
                f"{few['file']} has {len(shots)} rows, the manifest says {few['samples']}", hint=_HINT
            )
    return Suite(manifest, tuple(items), template, tuple(shots))


def split_digest(ids: list[str]) -> str:
    """Return the digest of a split: SHA-256 of its sample ids, sorted, as canonical JSON."""
    return sha256_hex(canonical_json(sorted(ids)))


def _check(root: Field) -> None:
    root.object(*_KEYS, optional=_OPTIONAL)
    root["schema"].choice((SCHEMA,))
    if not _ID.fullmatch(root["id"].text(most=100)):
        raise root["id"].fault("expected lower-case words joined by hyphens")
    for key in ("version", "title"):
        root[key].text(most=200)
    for key in ("about", "source", "canary"):
        if key in root:
            root[key].text()
    for key in ("data", "harness"):
        root["licence"].object("data", "harness")[key].text(most=200)
    for language in root["language"].each(least=1, most=1000):
        if not _LANGUAGE.fullmatch(language.text(most=35)):
            raise language.fault("expected a tag of BCP 47 such as `de` or `pt-BR`; `zxx` where there is no language")
    visibility = root["visibility"].choice(VISIBILITIES)
    _check_data(root["data"], labels="labels" in root)
    if visibility == "public" and "labels" in root:
        raise root["labels"].fault("a public benchmark has its labels in the data")
    if visibility == "held-out" and "labels" not in root:
        raise root["visibility"].fault("held-out needs `labels`, a file of its own that stays on the hub")
    _check_parts(root)
    _check_counting(root)


def _check_data(data: Field, *, labels: bool) -> None:
    data.object("file", "format", "sha256", "samples", "fields")
    _check_table(data)
    data["samples"].count(least=1)
    names = data["fields"].object("id", optional=_FIELDS)
    columns = [names[key].text(most=200) for key in names.mapping()]
    if len(set(columns)) != len(columns):
        raise names.fault("two fields name the same column")
    if ("target" in names) == labels:
        raise names.fault("the target stands either in a column of the data or in `labels`")


def _check_parts(root: Field) -> None:
    if "labels" in root:
        _check_table(root["labels"].object("file", "format", "sha256"))
    if "template" in root:
        template = root["template"].object("file", "sha256")
        _check_file(template["file"])
        template["sha256"].hex()
    if "few_shot" in root:
        _check_table(root["few_shot"].object("file", "format", "sha256", "samples"))
        root["few_shot"]["samples"].count(least=1)
    split = root["split"].object("name", "sha256")
    split["name"].text(most=100)
    split["sha256"].hex()


def _check_counting(root: Field) -> None:
    scorer = root["scorer"].object("name", "options", "sha256")
    said = {"name": scorer["name"].text(most=100), "options": scorer["options"].mapping()}
    if scorer["sha256"].hex() != (made := sha256_hex(canonical_json(said))):
        raise scorer["sha256"].fault(f"name and options have the digest {made}")
    metric = root["metric"].object(*_METRIC)
    metric["name"].text(most=100)
    metric["level"].choice(tuple(LEVELS))
    metric["missing"].choice(("error", "wrong"))
    metric["extra"].choice(("error", "ignore"))
    if "sampling" in root:
        read_sampling(root["sampling"])
    if "floors" in root:
        floors = root["floors"].object(optional=("chance", "utility"))
        for key in floors.mapping():
            floors[key].number()


def _check_table(part: Field) -> None:
    _check_file(part["file"])
    part["format"].choice(tuple(FORMATS))
    part["sha256"].hex()


def _check_file(field: Field) -> None:
    path = field.file_path()
    if path.startswith(("/", "../")) or "/../" in path or path == _MANIFEST:
        raise field.fault("expected a file beside or below the manifest")


def _part(folder: Path, part: dict[str, JSON], name: str) -> bytes:
    file = folder / part["file"]
    if not file.resolve().is_relative_to(folder.resolve()):
        raise EvaluationError(f"{_MANIFEST}.{name}.file: {part['file']} leads out of the folder", hint=_HINT)
    raw = read_file(file)
    if (found := sha256_hex(raw)) != part["sha256"]:
        raise EvaluationError(
            f"{part['file']} has the digest {found}, {_MANIFEST}.{name}.sha256 says {part['sha256']}",
            hint="Fetch the benchmark again; or, if it is yours, write the digest into a new version.",
        )
    return raw


def _text(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{where}: {error}", hint="Save it as UTF-8.") from error


def _labels(folder: Path, part: dict[str, JSON]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for number, row in enumerate(rows(_part(folder, part, "labels"), part["format"], part["file"]), 1):
        key = row.get("id")
        if not isinstance(key, str) or row.get("target") is None or key in found:
            raise EvaluationError(f"{part['file']}, row {number}: needs `target` and an `id` of its own", hint=_HINT)
        found[key] = row["target"]
    return found


def _items(table: list[Row], data: dict[str, JSON], labels: dict[str, JSON] | None) -> list[Item]:
    names = data["fields"]
    found = []
    for number, row in enumerate(table, 1):
        place = f"{data['file']}, row {number}"
        if lacking := [column for column in names.values() if row.get(column) is None]:
            raise EvaluationError(f"{place}: has nothing in the column {lacking[0]!r}", hint=_HINT)
        values = {key: row[column] for key, column in names.items()}
        key = values["id"]
        if isinstance(key, int) and not isinstance(key, bool):
            key = str(key)
        if not isinstance(key, str) or not 0 < len(key) <= 1000:
            raise EvaluationError(f"{place}: the id is no text of 1 to 1,000 characters", hint=_HINT)
        target = values.get("target") if labels is None else labels.get(key)
        if target is None and labels is not None:
            raise EvaluationError(f"{place}: the sample {key!r} has no label", hint=_HINT)
        cluster = str(values["cluster"]) if "cluster" in values else None
        found.append(Item(key, values.get("input"), target, values.get("control"), cluster, values.get("choices")))
    return found


def _check_samples(items: list[Item], manifest: Manifest) -> None:
    data, split = manifest.document["data"], manifest.document["split"]
    if len(items) != data["samples"]:
        raise EvaluationError(
            f"{data['file']} has {len(items):,} samples, the manifest says {data['samples']:,}", hint=_HINT
        )
    for before, after in pairwise(items):
        if before.id == after.id:
            raise EvaluationError(f"{data['file']}: two samples have the id {after.id!r}", hint="Give each its own.")
    if same := [item.id for item in items if item.control is not None and item.control == item.target]:
        raise EvaluationError(f"{data['file']}: the control of {same[0]!r} is the right answer", hint=_HINT)
    try:
        found = split_digest([item.id for item in items])
        for item in items:
            canonical_json(item.to_json())
    except (TypeError, ValueError) as error:
        raise EvaluationError(f"{data['file']}: {error}", hint="Write it as Unicode text.") from error
    if found != split["sha256"]:
        raise EvaluationError(
            f"the ids in {data['file']} have the digest {found}, {_MANIFEST}.split.sha256 says {split['sha256']}",
            hint="Score the split that the manifest names, whole.",
        )
