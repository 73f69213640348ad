"""Rule packs on this machine: read from a folder, tried on their samples and on ordinary models, kept once enabled."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from assay.artifact.sources.local import open_local
from assay.canonical import sha256_hex
from assay.checks.packs import LARGEST, PackRule, PackSample, RulePack, parse_pack
from assay.errors import RulesError
from assay.finding import Outcome
from assay.isolate.parent import assess_isolated

__all__ = [
    "ENVELOPE",
    "PACK",
    "Trial",
    "Tried",
    "disable",
    "enable",
    "enabled_packs",
    "packs_folder",
    "read_pack",
    "try_pack",
]

PACK, ENVELOPE = "pack.json", "pack.dsse.json"
_RECORD = "enabled.json"
_LARGEST_SAMPLE = 8 * 1024 * 1024
_BATCH = 50
"""Samples read in one go; a rule lists no more than twice as many findings."""


class Tried(NamedTuple):
    """What one rule did."""

    rule: str
    found: int
    """Samples matched of those that it has to match."""
    wanted: int
    wrong: tuple[str, ...]
    """Samples that did not behave, and ordinary models in which it finds something."""
    ordinary: int
    """Samples that it must not match, and ordinary models, that it was tried on."""
    flagged: int
    """How many of these it found something in."""


class Trial(NamedTuple):
    """What all rules of a pack did, on samples and on ordinary models."""

    rules: tuple[Tried, ...]

    @property
    def behaved(self) -> bool:
        """Whether every sample came out as the pack says."""
        return all(one.found == one.wanted and not any("sample" in text for text in one.wrong) for one in self.rules)

    @property
    def right(self) -> int:
        """Matches that are wanted."""
        return sum(one.found for one in self.rules)

    @property
    def matches(self) -> int:
        """Matches in all: wanted ones, and those in what is ordinary."""
        return self.right + sum(one.flagged for one in self.rules)

    @property
    def wanted(self) -> int:
        """Samples that have to match."""
        return sum(one.wanted for one in self.rules)


def packs_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where enabled packs lie: `$ASSAY_RULE_PACKS`, or `assay/rule-packs` in the user's configuration folder."""
    if environ.get("ASSAY_RULE_PACKS"):
        return Path(environ["ASSAY_RULE_PACKS"])
    configured = environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return base / "assay" / "rule-packs"


def enabled_packs(environ: Mapping[str, str] = os.environ) -> tuple[RulePack, ...]:
    """Return the packs that were enabled, in order of id.

    Raises:
        RulesError: one of them is not what was enabled.
    """
    folder = packs_folder(environ)
    found = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not (place / _RECORD).is_file():
            continue
        pack = read_pack(place)
        record = _record(place)
        if record.get("sha256") != pack.digest or pack.id != place.name:
            raise RulesError(
                f"the rule pack in {place} is not the one that was enabled",
                hint=f"Look at it, then: assay rules disable {place.name}",
            )
        found.append(pack)
    return tuple(found)


def read_pack(folder: Path) -> RulePack:
    """Return the pack in `folder`.

    Raises:
        RulesError: there is none, or it is not well formed.
    """
    try:
        with (folder / PACK).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise RulesError(
            f"cannot read {folder / PACK}: {error.strerror}", hint="A rule pack is a folder with pack.json in it."
        ) from error
    return parse_pack(data)


def try_pack(pack: RulePack, folder: Path, against: Iterable[Path] = ()) -> Trial:
    """Try every rule on its samples below `folder`, and on the models in `against`, which are to be ordinary.

    All of them are read as a scan reads: in a child without network.

    Raises:
        RulesError: a sample is missing, too large, or has another digest, or the pack takes too many steps.
        SourceError: a model cannot be read.
        IsolationError: one of them could not be judged.
    """
    samples = _hits_in_samples(pack, folder)
    models = {place.name: {rule for rule, _ in _hits(place, pack)} for place in against}
    return Trial(tuple(_tried(rule, samples, models) for rule in pack.rules))


def enable(pack: RulePack, folder: Path, record: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Path:
    """Copy pack and signature to where scans find them, with `record` of its key and what was measured; return where.

    Raises:
        RulesError: it cannot be written, or another key signed the pack of that id that is there.
    """
    place = packs_folder(environ) / pack.id
    earlier = _record(place).get("key") if (place / _RECORD).is_file() else None
    if earlier not in (None, record["key"]):
        raise RulesError(
            f"the rule pack {pack.id} here was signed by another key, {earlier[:16]}",
            hint=f"If this one is to take its place: assay rules disable {pack.id}",
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / _RECORD).unlink(missing_ok=True)
        (place / PACK).write_bytes(pack.raw)
        shutil.copyfile(folder / ENVELOPE, place / ENVELOPE)
        (place / _RECORD).write_text(json.dumps({"sha256": pack.digest, **record}, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise RulesError(f"cannot write to {place}: {error.strerror}") from error
    return place


def disable(pack: str, environ: Mapping[str, str] = os.environ) -> None:
    """Remove an enabled pack.

    Raises:
        RulesError: none of that name is enabled.
    """
    place = packs_folder(environ) / pack
    if "/" in pack or pack in {"", ".", ".."} or not (place / _RECORD).is_file():
        raise RulesError(f"no rule pack {pack!r} is enabled", hint="See: assay rules list")
    shutil.rmtree(place)


def _record(place: Path) -> dict[str, str]:
    try:
        record = json.loads((place / _RECORD).read_bytes())
    except (OSError, ValueError) as error:
        raise RulesError(f"{place / _RECORD} cannot be read: {error}") from error
    return record if isinstance(record, dict) else {}


def _tried(rule: PackRule, samples: set[tuple[str, PackSample]], models: Mapping[str, set[str]]) -> Tried:
    matched = {sample: (rule.rule.id, sample) in samples for sample in rule.samples}
    wanted = [sample for sample in rule.samples if sample.matches]
    wrong = [
        f"sample {sample.file} {'is not matched' if sample.matches else 'is matched'}"
        for sample, hit in matched.items()
        if hit is not sample.matches
    ]
    flagged = [name for name, rules in models.items() if rule.rule.id in rules]
    return Tried(
        rule.rule.id,
        sum(matched[sample] for sample in wanted),
        len(wanted),
        (*wrong, *(f"finds something in {name}" for name in flagged)),
        len(rule.samples) - len(wanted) + len(models),
        sum(hit and not sample.matches for sample, hit in matched.items()) + len(flagged),
    )


def _hits_in_samples(pack: RulePack, folder: Path) -> set[tuple[str, PackSample]]:
    """Return which rule matches which sample; samples that go by one name are read apart from each other."""
    left = list(dict.fromkeys(sample for rule in pack.rules for sample in rule.samples))
    hits: set[tuple[str, PackSample]] = set()
    while left:
        batch: dict[str, PackSample] = {}
        for sample in left:
            if len(batch) < _BATCH and not any(_clash(sample.path, path) for path in batch):
                batch[sample.path] = sample
        left = [sample for sample in left if batch.get(sample.path) != sample]
        with tempfile.TemporaryDirectory(prefix="assay-rules-") as name:
            for path, sample in batch.items():
                place = Path(name) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(_sample(folder, sample))
            hits |= {(rule, batch[file]) for rule, file in _hits(Path(name), pack) if file in batch}
    return hits


def _clash(first: str, second: str) -> bool:
    """Whether two paths cannot lie in one folder, or could be taken for each other."""
    one, other = first.casefold(), second.casefold()
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _hits(place: Path, pack: RulePack) -> set[tuple[str, str | None]]:
    """Return rule and file of all that `pack` finds in `place`."""
    (found,) = assess_isolated(open_local(place), packs=[pack]).predicate["packs"]
    gave_up = next((one["message"] for one in found["findings"] if one["outcome"] == Outcome.UNKNOWN), None)
    if gave_up is not None:
        raise RulesError(f"{gave_up}, in {place.name}", hint="Make its places shorter, or its conditions fewer.")
    return {(one["rule"], one["file"]) for one in found["findings"]}


def _sample(folder: Path, sample: PackSample) -> bytes:
    place = folder / sample.file
    try:
        with place.open("rb") as file:
            data = file.read(_LARGEST_SAMPLE + 1)
    except OSError as error:
        raise RulesError(f"cannot read the sample {place}: {error.strerror}") from error
    if len(data) > _LARGEST_SAMPLE or sha256_hex(data) != sample.sha256:
        raise RulesError(f"the sample {sample.file} is not the one that the pack names", hint="Compare its sha256.")
    return data
