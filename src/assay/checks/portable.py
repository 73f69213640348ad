"""How portable a revision is: the level of its best complete set of weights, and the reasons for it.

P-A runs on open runtimes on any CPU; P-B needs code of the repo or extras; P-C works with one vendor's stack; P-D is
compiled, encrypted or bound to a service; U means that there is not enough evidence, and is never shown as portable.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from assay.artifact.revision import Revision, once
from assay.canonical import JSON
from assay.checks.accelerator_uses import (
    builds,
    collectives,
    cuda_uses,
    imports,
    kernel_files,
    kernels_have_fallback,
    services,
)
from assay.checks.needed_code import needed_code
from assay.checks.quantised import quantised
from assay.checks.roles import aside
from assay.checks.runtimes import delegates, operators
from assay.checks.weights import Weights, WeightSet, weights
from assay.finding import Severity

__all__ = ["Harm", "Level", "Portability", "Reason", "portability"]

_FRAMEWORKS = frozenset({"safetensors", "pickle"})
"""Formats of bare weights: an architecture in code or in a library has to give them meaning."""


class Level(StrEnum):
    """From portable to locked; U is no level but the lack of one."""

    A = "P-A"
    B = "P-B"
    C = "P-C"
    D = "P-D"
    U = "U"

    @property
    def rank(self) -> int:
        """The smaller, the more portable; not enough evidence comes last."""
        return list(Level).index(self)


class Reason(NamedTuple):
    """Why a set is no better than `level`."""

    level: Level
    why: str


class Portability(NamedTuple):
    """The level, the set that gives it, and why it is not better."""

    level: Level
    format: str | None
    reasons: tuple[Reason, ...]

    def to_fact(self) -> dict[str, JSON]:
        """Return the fact `portability`; a static look is evidence of grade E0."""
        because: list[JSON] = [reason.why for reason in self.reasons]
        fact: dict[str, JSON] = {"level": self.level.value, "evidence": "E0", "because": because[:16]}
        return fact if self.format is None else fact | {"format": self.format}


@once
def portability(revision: Revision) -> Portability:
    """Judge every set of weights and return the best."""
    found = weights(revision)
    judged = [_judged(one, tuple(_reasons(revision, one))) for one in found.sets if one.whole]
    judged += _locked(revision, found)
    if judged:
        return min(judged, key=lambda one: one.level.rank)
    return Portability(Level.U, None, (Reason(Level.U, _nothing(found)),))


class Harm:
    """What findings of one revision weigh: less, where some set of weights runs without what they are about."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision

    @cached_property
    def _runs(self) -> bool:
        return portability(self._revision).level in (Level.A, Level.B)

    def __call__(self, severity: Severity) -> Severity:
        """Return `severity`, or what it weighs in a revision that runs elsewhere all the same."""
        return aside(severity) if self._runs else severity


def _judged(one: WeightSet, reasons: tuple[Reason, ...]) -> Portability:
    level = max((reason.level for reason in reasons), key=lambda item: item.rank, default=Level.A)
    return Portability(level, one.format, tuple(reason for reason in reasons if reason.level is level))


def _reasons(revision: Revision, one: WeightSet) -> Iterator[Reason]:
    match one.format:
        case "onnx" | "tflite" | "executorch":
            yield from _runtimes(revision, one)
        case "gguf":
            yield from _gguf(revision, one)
        case "nemo":
            yield Reason(Level.B, "a NeMo archive has to be converted before anything else reads it")
    if one.format in _FRAMEWORKS:
        yield from _quantisation(revision, one)
        yield from _layout(revision, one)
        yield from _code(revision)


def _runtimes(revision: Revision, one: WeightSet) -> Iterator[Reason]:
    levels = {"vendor": Level.C, "extras": Level.B, "unknown": Level.U}
    for need in (*operators(revision), *delegates(revision)):
        if need.seen.file in one.files:
            # An operator for the TPU of the edge stands for a graph compiled for it.
            level = Level.D if need.name == "edgetpu-custom-op" else levels[need.runs]
            yield Reason(level, f"{need.name} needs {need.on}")


def _gguf(revision: Revision, one: WeightSet) -> Iterator[Reason]:
    if any("unknown" in revision.facts(path).get("types", {}) for path in one.files):
        yield Reason(Level.U, "its tensors are of types that are not in the table")


def _quantisation(revision: Revision, one: WeightSet) -> Iterator[Reason]:
    for folder in dict.fromkeys(path.rpartition("/")[0] for path in one.files):
        for item in quantised(revision, folder):
            runs_on = item.runs_on
            if runs_on is None:
                yield Reason(Level.U, f"quantised by a method that is not in the table: {item.method or 'not named'}")
            elif len(runs_on) == 1:
                yield Reason(Level.C, f"quantised by {item.method}, which runs on {runs_on[0]} only")
            else:
                yield Reason(Level.B, f"quantised by {item.method}, which runs on {', '.join(runs_on)}")


def _layout(revision: Revision, one: WeightSet) -> Iterator[Reason]:
    before = f"{one.folder}/" if one.folder else ""
    config = revision.facts(f"{before}config.json").get("document")
    if isinstance(config, dict) and isinstance(config.get("mapping"), dict) and "architecture" in config:
        yield Reason(Level.C, "a checkpoint laid out for TensorRT-LLM")
    names = [path.rpartition("/")[2] for path in one.files]
    if f"{before}adapter_config.json" in revision.by_path and all(name.startswith("adapter_") for name in names):
        yield Reason(Level.U, "an adapter is as portable as its base, which is not here")


@once
def _code(revision: Revision) -> tuple[Reason, ...]:
    return tuple(_reasons_in_code(revision))


def _reasons_in_code(revision: Revision) -> Iterator[Reason]:
    needed = needed_code(revision)
    yield from (Reason(Level.U, f"needed and not analysed: {what}") for what in needed.missing)
    if needed.any:
        yield Reason(Level.B, "needs code of the repo")
    for seen in revision.seen("python"):
        if seen.inner or seen.file not in needed.files:
            continue
        for use in (*imports(seen), *cuda_uses(seen), *collectives(seen), *builds(seen)):
            yield Reason(Level.C, f"{seen.file}, line {use.line}: {use.what} needs {use.needs}")
        for use in services(seen):
            yield Reason(Level.D, f"{seen.file}, line {use.line}: {use.what} needs {use.needs}")
    kernels = kernel_files(revision)
    if kernels and needed.any and not kernels_have_fallback(revision, sorted(needed.files)):
        yield Reason(Level.C, f"kernels for a GPU without a way around them: {kernels[0].path}")


def _locked(revision: Revision, found: Weights) -> Iterator[Portability]:
    """Yield vendors' formats; what was compiled from a base that the card names can be had again from there."""
    based = bool(revision.card().get("base_model"))
    for item in found.vendor:
        level = Level.C if based else Level(item.format.level)
        yield Portability(level, item.format.name, (Reason(level, f"{item.path} runs with {item.format.vendor}'s"),))


def _nothing(found: Weights) -> str:
    if found.gaps:
        return f"no set of weights is whole: {found.gaps[0]} is missing"
    return f"{found.unread[0]} is in a format that no reader knows" if found.unread else "there are no weights here"
