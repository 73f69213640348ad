"""SEC430: code inside Keras models."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.keras import keras_seen
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["keras_lambda"]


@check("SEC430-keras-lambda", severity=Severity.CRITICAL, claims=("json", "hdf5", "tensorflow"))
def keras_lambda(revision: Revision) -> Iterator[Finding | Fact]:
    """No Keras model carries code of its own.

    A Lambda layer around a Python function is saved as marshalled byte code. Loading makes a function of it, and the
    first call, often while the model is built, runs it. What the code does cannot be told without reading byte code,
    and the safe mode that should refuse it did not hold for `.h5` files and was switched off from inside a model.
    A Lambda around a function that Keras has by name carries no code and is not meant here.

    Sample: `"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA…"}}` in `config.json`.

    Fix: do not load it with `safe_mode=False`. Ask for the model with a layer class, or with functions of `keras.ops`,
    in place of the lambda; `assay fix` takes out lambdas that do nothing or that Keras has by name.

    References: CVE-2024-3660, CVE-2025-9905, CVE-2025-9906, VU#253266, https://keras.io/api/layers/core_layers/lambda/.
    """
    for seen, facts in keras_seen(revision):
        for code in facts["code"]:
            yield fail(
                keras_lambda, f"a layer carries byte code, {code['characters']:,} characters of it", file=seen.file,
                location=seen.at(f"key {shown(code['at']).lstrip('.')}"), detail={"at": code["at"]},
                fix="Do not load it; ask for the model without Lambda layers.",
            )  # fmt: skip
    for seen in revision.seen("tensorflow", "json", "yaml"):
        if seen.facts.get("keras", {}).get("more"):
            yield fail(
                keras_lambda, "holds more Keras objects than are judged", file=seen.file, location=seen.at(),
                severity=Severity.MEDIUM, confidence=Confidence.LOW, fix="Split the model, or look through it by hand.",
            )  # fmt: skip
