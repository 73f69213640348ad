"""lm_eval carries the run: a task whose documents are the samples, and a language model of its own that asks ours.

Each choice of a sample whose likelihoods are asked for is a request of its own, as this engine has it, and its answer
the likelihood rounded as the runner rounds it.
"""

from __future__ import annotations

import importlib
import json
from itertools import groupby
from typing import Any

from assay.canonical import JSON, canonical_json
from assay.evals.asking import quantised
from assay.evals.engines.course import Course
from assay.evals.models import Prompt, Turn

__all__ = ["EXTRA", "PACKAGE", "VERSION", "carry"]

PACKAGE, VERSION, EXTRA = "lm_eval", "0.4.13", "lm-eval"

_NAME = "assay"
_KINDS = {"greedy": "generate_until", "sampled": "generate_until", "loglik": "loglikelihood"}
_THEIRS = {"max_tokens": "max_gen_toks", "stop": "until"}
"""What this engine calls by another name."""
_OURS = {name: key for key, name in _THEIRS.items()}

_Doc = dict[str, int]


def carry(course: Course) -> None:
    """Put every sample of `course` through the engine.

    Raises:
        AssayError: as the model does.
        EvaluationError: the engine changed what it was to ask.
    """
    task = importlib.import_module("lm_eval.api.task").Task
    model = importlib.import_module("lm_eval.api.model").LM
    samples = type("Samples", (_Samples, task), {"course": course})(config={"task": _NAME})
    asked = type("Model", (_Model, model), {"course": course})()
    importlib.import_module("lm_eval.evaluator").evaluate(
        lm=asked, task_dict={_NAME: samples}, bootstrap_iters=0, log_samples=False
    )


class _Samples:
    """Task: each sample is asked as it stands, and its answer kept; a document names one by its number."""

    VERSION = 1
    course: Course

    def download(self, *_: object) -> None:
        """Fetch nothing: the samples are here."""

    def has_training_docs(self) -> bool:
        return False

    def has_validation_docs(self) -> bool:
        return False

    def has_test_docs(self) -> bool:
        return True

    def test_docs(self) -> list[_Doc]:
        return [{"sample": number} for number in range(len(self.course.window))]

    def doc_to_text(self, doc: _Doc) -> str:
        """Return the prompt; a talk is its turns in JSON."""
        prompt = self.course.prompt(doc["sample"])
        return canonical_json(prompt.messages()).decode() if prompt.turns else prompt.text

    def doc_to_target(self, _: _Doc) -> str:
        """Return nothing: scores are made elsewhere."""
        return ""

    def fewshot_context(self, doc: _Doc, *_: object, **__: object) -> str:
        """Return the prompt alone: what is shown first stands in it."""
        return self.doc_to_text(doc)

    def construct_requests(self, doc: _Doc, ctx: str, **more: Any) -> list[Any]:
        """Return one request, or one for each choice."""
        instance = importlib.import_module("lm_eval.api.instance").Instance
        told = self.course.told(doc["sample"])
        kind = _KINDS[self.course.sampling.mode]
        second = told.get("choices") or [{_THEIRS.get(key, key): value for key, value in told.items()}]
        return [instance(kind, doc, (ctx, one), at, more["metadata"]) for at, one in enumerate(second)]

    def process_results(self, doc: _Doc, results: list[Any]) -> dict[str, int]:
        """Keep the answer; the engine itself counts answers."""
        text = results[0]
        if not isinstance(text, str):
            text = canonical_json([quantised(value) for value, _ in results]).decode()
        self.course.keep(doc["sample"], text)
        return {"answered": 1}

    def aggregation(self) -> dict[str, Any]:
        return {"answered": sum}

    def higher_is_better(self) -> dict[str, bool]:
        return {"answered": True}


class _Model:
    """LM: checks every request, then has the batches answered."""

    course: Course

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Return what the model said to each."""
        for request in requests:
            context, told = request.args
            self._check(request, {_OURS.get(key, key): value for key, value in told.items()}, context)
        self._answer()
        return [self.course.said(_sample(request)).text for request in requests]

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """Return how likely the model holds each choice, and nothing of whether it would choose it."""
        listed = [(number, list(some)) for number, some in groupby(requests, _sample)]
        for _, some in listed:
            self._check(some[0], {"choices": [request.args[1] for request in some]}, *(one.args[0] for one in some))
        self._answer()
        found: list[tuple[float, bool]] = []
        for number, some in listed:
            said = self.course.said(number)
            values = json.loads(said.text) if said.error is None else [0] * len(some)
            found += [(float(value), False) for value in values]
        return found

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        """Refuse: no sample asks for it."""
        raise NotImplementedError

    def _check(self, request: Any, told: dict[str, JSON], *contexts: str) -> None:
        number = _sample(request)
        turns = self.course.prompt(number).turns
        for text in set(contexts):
            talk = tuple(Turn(**turn) for turn in json.loads(text)) if turns else ()
            self.course.check(number, Prompt(text, talk), told)

    def _answer(self) -> None:
        for batch in range(self.course.batches):
            self.course.answer(batch)


def _sample(request: Any) -> int:
    return int(request.doc["sample"])
