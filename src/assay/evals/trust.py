"""How far a result can be trusted on its own: claimed, logged or bound. A level never rises without evidence.

`claimed`: a number and who says it. `logged`: the sample log is here, and root and metric recompute from it. `bound`:
also signed, and the digests of model and benchmark are those of objects that are held here. That others ran it again is
for `evals.reproduction` to tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from assay.canonical import JSON
from assay.errors import VerificationError
from assay.evals.answers import ERROR, MISSING, Answer, read_line, score_text
from assay.evals.manifest import Item, Suite
from assay.evals.prompts import prompts
from assay.evals.root import RunningRoot
from assay.evals.scoring import Tally, tally_for

__all__ = ["TRUST", "Trust", "check_log", "level_of"]

Trust = Literal["claimed", "logged", "bound"]
TRUST: tuple[Trust, ...] = ("claimed", "logged", "bound")
"""From least to most."""


def level_of(predicate: Mapping[str, JSON], *, log_checked: bool, signed: bool, held: Iterable[str] = ()) -> Trust:
    """Return the level of a result; `held` are dirHashes of revisions and manifest digests of benchmarks held here.

    What answered at an address, or was given as predictions, is never more than logged: nobody saw which weights spoke.
    """
    if not log_checked or not signed:
        return "logged" if log_checked else "claimed"
    model, known = predicate["model"], frozenset(held)
    ran = "endpoint" not in model and predicate["sampling"]["mode"] != "predictions"
    bound = {model.get("dirhash"), predicate["benchmark"]["manifest_digest"]} <= known
    return "bound" if ran and bound else "logged"


def check_log(suite: Suite, predicate: Mapping[str, JSON], lines: Iterable[bytes]) -> None:
    """Check that the sample log in `lines`, each with its end, is the one a result names and that its metric follows.

    Raises:
        VerificationError: the benchmark is another, or digest, root, counts or metric are not those of the result.
        EvaluationError: a line is malformed.
    """
    if predicate["benchmark"]["manifest_digest"] != suite.digests["manifest_digest"]:
        raise VerificationError("the result is one of another benchmark", hint="Name the benchmark that it names.")
    root, digest, tally = RunningRoot(), hashlib.sha256(), tally_for(suite.manifest)
    expected, errors, count = prompts(suite), 0, 0
    for count, line in enumerate(lines, 1):
        answer = read_line(line, f"line {count}")
        item, prompt = next(expected, (None, None))
        if item is None or prompt is None or (answer.sample, answer.input) != (item.id, prompt.digest):
            raise VerificationError(f"line {count} is of a sample that was not asked there")
        errors += _is_error(answer, item, tally, f"line {count}")
        root.add(answer.leaf())
        digest.update(line)
    samples = predicate["samples"]
    said = (samples["merkle_root"], samples.get("log_digest"), samples["n_scheduled"], samples["n_errored"])
    if said != (root.hex(), digest.hexdigest(), count, errors):
        raise VerificationError("the sample log is not the one that the result names")
    found = tally.estimate().to_json()
    if any(predicate["metrics"][0].get(key) != found[key] for key in ("value", "n", "ci")):
        raise VerificationError(f"the log gives {found['value']}, the result says otherwise")


def _is_error(answer: Answer, item: Item, tally: Tally, where: str) -> bool:
    if answer.stop == ERROR:
        return True
    if score_text(tally.add(item, None if answer.stop == MISSING else answer.text)) != answer.score:
        raise VerificationError(f"{where}: the scorer gives another score")
    return answer.score == ERROR
