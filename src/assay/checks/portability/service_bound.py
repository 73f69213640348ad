"""POR107: code that asks somebody's service instead of computing."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.accelerator_uses import services
from assay.checks.needed_code import needed_code
from assay.checks.portable import Harm
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["service_bound"]


@check("POR107-service-bound", severity=Severity.HIGH, claims=("python",))
def service_bound(revision: Revision) -> Iterator[Finding | Fact]:
    """Running the model asks no service on the network.

    A tokenizer or a model that sends its input elsewhere works while that service does, for those who hold a key, and
    tells it what is asked. That is no open model, whatever its weights are.

    Sample: `import openai` in `modeling_x.py`, or `requests.post("https://api.example.com/embed", …)`.

    Fix: ship the weights of that step, or say on the card that this is a client; keep such code out of `auto_map`.

    References: table `services`.
    """
    harm = Harm(revision)
    needed = needed_code(revision).files
    for seen in revision.seen("python"):
        if seen.inner or seen.file not in needed:
            continue
        for use in services(seen):
            yield fail(
                service_bound, f"running the model needs {use.needs} ({use.what})", file=seen.file,
                location=seen.at(f"line {use.line}"), severity=harm(Severity.HIGH),
                confidence=Confidence.MEDIUM, detail={"use": use.what},
                fix="Ship the weights of that step, or keep this code out of what loading the model imports.",
            )  # fmt: skip
