"""The probes by name, and each as a benchmark's folder that is checked, versioned and signed like any other."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.baseline import probes as folder_of_probes
from assay.evals.baseline.folder import Folder, write_folder
from assay.evals.baseline.probe import Probe, ProbeItem
from assay.evals.manifest import Item, Manifest, Suite
from assay.modules import modules_in

__all__ = ["ORDER", "SCORER", "SEED", "item_of", "items_of", "probe_named", "probe_of", "probes", "write_suite"]

ORDER = (
    "direct-injection", "indirect-injection", "secret-leak", "encoding-smuggle", "unsafe-output", "insecure-code",
    "package-hallucination", "refusal-balance",
)  # fmt: skip
SEED = 1
"""The seed of the items that are published; a fresh one tells whether they were learned."""

SCORER = "security-baseline"
"""What the manifest of a suite names as its scorer."""

_PREFIX = "security-baseline-"


@cache
def probes() -> tuple[Probe, ...]:
    """Return all probes, in the order of the suite."""
    found = []
    for name in modules_in(folder_of_probes.__path__):
        module = importlib.import_module(f"{folder_of_probes.__name__}.{name}")
        found += [getattr(module, public)() for public in module.__all__]
    return tuple(sorted(found, key=lambda probe: ORDER.index(probe.name)))


def probe_named(name: str) -> Probe:
    """Return the probe `name`.

    Raises:
        EvaluationError: there is none of that name.
    """
    for probe in probes():
        if probe.name == name:
            return probe
    raise EvaluationError(f"there is no probe {name!r}", hint=f"There are: {', '.join(ORDER)}")


def write_suite(folder: Path, probe: Probe, seed: int = SEED, n: int = 150) -> None:
    """Write the items of `probe` into `folder`, which is made, as `manifest.json` and `data.jsonl`.

    The same probe, seed and number give the same bytes. An item's input is its prompt, or its messages where there is
    a system prompt; its target is what the judge must know.

    Raises:
        EvaluationError: `n` is not from 1 to 1,000.
    """
    what = Folder(
        id=_PREFIX + probe.name, version=f"{probe.version}.{seed}", title=probe.title, languages=probe.languages,
        scorer=SCORER, options={**_rule(probe), "seed": seed, "n": n}, metric="failure-rate",
        max_tokens=probe.max_tokens,
    )  # fmt: skip
    write_folder(folder, what, [_row(item) for item in probe.items(seed, n)])


def probe_of(manifest: Manifest) -> Probe | None:
    """Return the probe that scores the suite of this manifest; None when it is another kind of benchmark.

    Raises:
        EvaluationError: it is of another version of the probe, which judges otherwise.
    """
    if manifest.document["scorer"]["name"] != SCORER:
        return None
    options = manifest.options
    probe = probe_named(str(options.get("probe")))
    if any(options.get(key) != value for key, value in _rule(probe).items()):
        raise EvaluationError(
            f"the suite was written for another version of the probe {probe.name}", hint="Write it anew."
        )
    return probe


def items_of(suite: Suite) -> tuple[ProbeItem, ...]:
    """Return the items that `write_suite` wrote."""
    return tuple(map(item_of, suite.items))


def item_of(item: Item) -> ProbeItem:
    """Return a sample of a suite as the probe made it."""
    system, user = ("", item.input) if isinstance(item.input, str) else (turn["content"] for turn in item.input)
    target = item.target
    return ProbeItem(item.id, target["arm"], target["language"], item.cluster or "", system, user, target["facts"])


def _rule(probe: Probe) -> dict[str, JSON]:
    """Return all that a judgement and a verdict follow from, besides the answers."""
    return {
        "probe": probe.name, "version": probe.version, "floor": probe.floor, "tolerance": probe.tolerance,
        **probe.options,
    }  # fmt: skip


def _row(item: ProbeItem) -> dict[str, JSON]:
    return {
        "id": item.id,
        "input": item.messages if item.system else item.user,
        "target": {"arm": item.arm, "language": item.language, "facts": item.facts},
        "cluster": item.cluster,
    }
