"""POR103: code that says `cuda` where it could ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.roles import aside, is_inference
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["cuda_hard_coded"]

_MOVES = ("to", "device", "empty", "zeros", "ones", "full", "arange", "tensor", "randn", "rand", "load", "autocast")
"""Names of calls whose first arguments may be a device."""


@check("POR103-cuda-hard-coded", severity=Severity.MEDIUM, claims=("python",))
def cuda_hard_coded(revision: Revision) -> Iterator[Finding | Fact]:
    """The code takes the device it is given, or asks which there is.

    `.cuda()` and `device="cuda"` stop on a CPU, on Apple and on Intel with an error, though nothing else in the code
    needs that vendor. What stands behind `torch.cuda.is_available()` does no harm.

    Sample: `mask = torch.ones(n, n).cuda()` in a forward pass.

    Fix: take the device from a tensor at hand (`x.device`), or `"cuda" if torch.cuda.is_available() else "cpu"`.

    References: torch documentation, "Device-agnostic code".
    """
    harmless = frozenset(load("accelerators")["harmless_cuda"])
    for seen in revision.seen("python"):
        yield from _uses(seen, harmless)


def _uses(seen: Seen, harmless: frozenset[str]) -> Iterator[Finding]:
    said: set[str] = set()
    named = chain(seen.facts["calls"], seen.facts["attributes"])
    uses = sorted({*_calls(seen.facts["calls"]), *_names(named, harmless)})
    for line, what in uses:
        if what in said:
            continue
        said.add(what)
        severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
        yield fail(
            cuda_hard_coded, f"the code needs CUDA without asking for it: {what}", file=seen.file,
            location=seen.at(f"line {line}"), severity=severity, confidence=Confidence.MEDIUM, detail={"use": what},
            fix="Take the device from a tensor at hand, or test torch.cuda.is_available() first.",
        )  # fmt: skip


def _calls(calls: JSON) -> Iterator[tuple[int, str]]:
    for call in calls:
        last = str(call["name"]).rsplit(".", 1)[-1]
        if call["guarded"]:
            continue
        if last == "cuda":
            yield call["line"], ".cuda()"
        elif _is_cuda(call["keywords"].get("device")) or (last in _MOVES and any(map(_is_cuda, call["args"]))):
            yield call["line"], f'{last}("cuda")'


def _names(items: Iterable[JSON], harmless: frozenset[str]) -> Iterator[tuple[int, str]]:
    for item in items:
        name = str(item["name"])
        if name.startswith("torch.cuda.") and name not in harmless and not item["guarded"]:
            yield item["line"], name


def _is_cuda(value: JSON) -> bool:
    return isinstance(value, str) and (value == "cuda" or value.startswith("cuda:"))
