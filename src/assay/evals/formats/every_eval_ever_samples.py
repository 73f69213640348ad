"""The samples of a result as Every Eval Ever 0.3.0 has them: one line of JSON for each that was scored.

Source: evaleval/every_eval_ever, `every_eval_ever/schemas/instance_level_eval.schema.json`, version 0.3.0, and for the
digest of a sample its `instance-level.md` (read 2026-11).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.answers import ERROR, Answer, read_line
from assay.evals.formats.every_eval_ever import SCHEMA_VERSION, Names, lower_is_better, names_of
from assay.evals.formats.exported import Exported, plain_number
from assay.evals.manifest import Item, Suite
from assay.evals.metrics.pair import label
from assay.evals.prompts import prompts
from assay.evals.trust import check_log

__all__ = ["Samples", "samples"]


class Samples(NamedTuple):
    """A samples file, and what the aggregate says of it."""

    body: bytes
    named: dict[str, JSON]
    """The value of `detailed_evaluation_results`."""


def samples(one: Exported, suite: Suite, log: bytes) -> Samples:
    """Return the samples in the sample log of a result, held against benchmark and result first.

    The schema wants a score of every sample. One that could not be answered has none, is no miss either, and is left
    out; the aggregate counts those.

    Raises:
        VerificationError: benchmark or log is not the one that the result names.
        EvaluationError: a line is malformed, no sample has a score, or the benchmark is not public.
    """
    if suite.manifest.document["visibility"] != "public":
        raise EvaluationError(
            f"{suite.manifest.id} is not public, and its samples would show it", hint="Export without --log."
        )
    check_log(suite, one.predicate, io.BytesIO(log))
    names, metric = names_of(one), one.predicate["metrics"][0]
    body, rows, left_out = bytearray(), 0, 0
    for item, prompt, answer in _answered(suite, log):
        if answer.score == ERROR:
            left_out += 1
            continue
        found = _sample(names, metric["name"], item, prompt, answer)
        if one.predicate["sampling"]["mode"] != "loglik":
            found["answer_attribution"] = [_whole_output(answer, suite)]
        found["evaluation"]["is_correct"] = answer.score == ("0" if lower_is_better(metric) else "1")
        body += json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        rows += 1
    if not rows:
        raise EvaluationError("no sample has a score, so there is no samples file", hint="Export without --log.")
    named: dict[str, JSON] = {
        "format": "jsonl",
        "file_path": names.samples,
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(body).hexdigest(),
        "total_rows": rows,
    }
    if left_out:
        named["additional_details"] = {"left_out_without_a_score": str(left_out)}
    return Samples(bytes(body), named)


def _answered(suite: Suite, log: bytes) -> Iterator[tuple[Item, str, Answer]]:
    asked = prompts(suite)
    for number, line in enumerate(io.BytesIO(log), 1):
        item, prompt = next(asked)
        yield item, prompt.text, read_line(line, f"line {number}")


def _sample(names: Names, metric: str, item: Item, prompt: str, answer: Answer) -> dict[str, JSON]:
    raw = prompt if isinstance(item.input, list) else label(item.input)
    targets = item.target if isinstance(item.target, list) else [item.target]
    asked: dict[str, JSON] = {"raw": raw, "formatted": prompt, "reference": [label(one) for one in targets]}
    if isinstance(item.choices, list):
        asked["choices"] = [label(one) for one in item.choices]
    told = {"raw": raw, "reference": asked["reference"]}
    found: dict[str, JSON] = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": names.evaluation,
        "model_id": names.model,
        "evaluation_name": names.benchmark,
        "evaluation_result_id": names.result(metric),
        "sample_id": item.id,
        "sample_hash": hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest(),
        "interaction_type": "single_turn",
        "input": asked,
        "output": {"raw": [answer.text]},
        "answer_attribution": [],
        "evaluation": {"score": plain_number(answer.score)},
        "metadata": {"stop": answer.stop, "input_sha256": answer.input}
        | ({} if item.cluster is None else {"cluster": item.cluster}),
    }
    read, written = answer.tokens
    if read + written:
        found["token_usage"] = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return found


def _whole_output(answer: Answer, suite: Suite) -> dict[str, JSON]:
    """Say that the scorer was given the whole output: what it looks at in there is its own rule."""
    return {
        "turn_idx": 0,
        "source": "output.raw",
        "extracted_value": answer.text,
        "extraction_method": suite.manifest.document["scorer"]["name"],
        "is_terminal": True,
    }
