"""Causal language models as ONNX graphs, by ONNX Runtime on its CPU provider; operators of one's own are not loaded.

The whole text is computed anew for each token, one prompt at a time, with caches left empty: slow, and the batch
changes nothing. The tokenizer is `tokenizer.json`, by the tokenizers library or, where it is one of single characters,
without it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import EvaluationError, ReadError
from assay.evals.models import Generation, Likelihood, Prompt, cut
from assay.evals.models.characters import character_tokenizer
from assay.evals.models.choosing import choose, log_softmax
from assay.evals.models.identity import identity
from assay.evals.models.numeric import load_numpy
from assay.evals.sampling import Sampling

__all__ = ["OnnxModel", "load_onnx"]

_KINDS = {"tensor(int64)": "i8", "tensor(int32)": "i4", "tensor(float)": "f4", "tensor(float16)": "f2"}
_KNOWN = ("input_ids", "attention_mask", "position_ids")
_PAST = "past_key_values."
_LARGEST_JSON = 64 * 1024 * 1024


class Words(NamedTuple):
    """A tokenizer, as far as it is needed."""

    encode: Callable[[str], list[int]]
    decode: Callable[[list[int]], str]


def load_onnx(folder: Path, *, threads: int = 1) -> OnnxModel:
    """Read the graph in `folder` into memory: `model.onnx`, at the top or below `onnx`.

    Raises:
        EvaluationError: there is none, it is no causal language model, or it does not load.
        SourceError: a file cannot be read, or changed meanwhile.
    """
    library = importlib.import_module("onnxruntime")
    place = next((one for one in (folder / "model.onnx", folder / "onnx" / "model.onnx") if one.is_file()), None)
    if place is None:
        raise EvaluationError(f"{folder.name} has no model.onnx", hint="Export it as a causal language model.")
    options = library.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    try:
        session = library.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])
    except _errors() as error:
        raise EvaluationError(f"ONNX Runtime cannot load it: {str(error)[:300]}") from error
    odd = [one.name for one in session.get_inputs() if one.name not in _KNOWN and not one.name.startswith(_PAST)]
    if odd or "logits" not in [one.name for one in session.get_outputs()]:
        raise EvaluationError(f"{place.name} is no causal language model", hint="It needs input_ids in and logits out.")
    config = _document(folder / "config.json")
    facts = identity(folder, lambda path: ".onnx" in path) | {"format": "onnx"}
    context = config.get("max_position_embeddings")
    ends = config.get("eos_token_id")
    return OnnxModel(
        session,
        _words(folder, config),
        facts,
        context if type(context) is int and context > 0 else 2**31,
        frozenset(one for one in (ends if isinstance(ends, list) else [ends]) if type(one) is int),
    )


class OnnxModel:
    """A graph in memory."""

    def __init__(self, session: Any, words: Words, facts: dict[str, JSON], context: int, ends: frozenset[int]) -> None:
        self.facts = facts
        self.cpu_elsewhere = 0.0
        self._session = session
        self._words = words
        self._context = context
        self._ends = ends

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return a continuation of each prompt, one after another."""
        return [self._go_on(prompt, sampling) for prompt in prompts]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return how likely each text is to follow its prompt, one after another."""
        return [self._rate(prompt.text, following) for prompt, following in pairs]

    def _go_on(self, prompt: Prompt, sampling: Sampling) -> Generation:
        try:
            asked = self._fitting(self._words.encode(prompt.text), sampling.max_tokens)
            said: list[int] = []
            while len(said) < sampling.max_tokens:
                token = choose(self._logits(asked + said)[-1], sampling, prompt.seed, len(said))
                if token in self._ends:
                    return Generation(self._words.decode(said), "end", len(asked), len(said))
                said.append(token)
                if sampling.stop and (ended := cut(self._words.decode(said), sampling.stop)) is not None:
                    return Generation(ended, "stop", len(asked), len(said))
            return Generation(self._words.decode(said), "length", len(asked), len(said))
        except EvaluationError as error:
            return Generation.failed(str(error))

    def _rate(self, prompt: str, following: str) -> Likelihood:
        try:
            start = len(self._words.encode(prompt.rstrip()))
            tokens = self._fitting(self._words.encode(prompt + following), 0)
            found = log_softmax(self._logits(tokens[:-1] or tokens))
        except EvaluationError as error:
            return Likelihood.failed(str(error))
        if not 0 < start < len(tokens):
            return Likelihood.failed(f"nothing stands before or after {following[:80]!r}")
        return Likelihood(float(sum(found[at - 1, tokens[at]] for at in range(start, len(tokens)))), len(tokens))

    def _fitting(self, tokens: list[int], more: int) -> list[int]:
        if not tokens or len(tokens) + more > self._context:
            raise EvaluationError(f"a prompt of {len(tokens)} tokens does not fit into a context of {self._context}")
        return tokens

    def _logits(self, tokens: list[int]) -> Any:
        numpy = load_numpy()
        given = {
            "input_ids": [tokens], "attention_mask": [[1] * len(tokens)], "position_ids": [list(range(len(tokens)))],
        }  # fmt: skip
        feed = {}
        for one in self._session.get_inputs():
            kind = _KINDS.get(one.type, "i8")
            if one.name in given:
                feed[one.name] = numpy.array(given[one.name], kind)
            else:
                # The first open dimension is the batch, the second what is past.
                wanted = iter((1, 0))
                feed[one.name] = numpy.empty([s if isinstance(s, int) else next(wanted, 0) for s in one.shape], kind)
        try:
            return self._session.run(["logits"], feed)[0][0]
        except _errors() as error:
            raise EvaluationError(f"the graph does not run: {str(error)[:200]}") from error


def _errors() -> tuple[type[Exception], ...]:
    """Return what the library raises: its own errors have no base but Exception."""
    own = vars(importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    return (RuntimeError, ValueError, OSError, *(one for one in own if isinstance(one, type) and _is_error(one)))


def _is_error(kind: type) -> bool:
    return issubclass(kind, Exception)


def _words(folder: Path, config: dict[str, JSON]) -> Words:
    if importlib.util.find_spec("tokenizers") is None:
        characters = character_tokenizer(_document(folder / "tokenizer.json"), int(config.get("vocab_size", 2**31)))
        return Words(characters.encode, characters.decode)
    place = folder / "tokenizer.json"
    _document(place)  # says what is wrong with it; the library knows one kind of error only
    found = importlib.import_module("tokenizers").Tokenizer.from_file(str(place))
    return Words(lambda text: list(found.encode(text).ids), found.decode)


def _document(place: Path) -> dict[str, JSON]:
    try:
        if place.stat().st_size > _LARGEST_JSON:
            raise EvaluationError(f"{place.name} is longer than {_LARGEST_JSON:,} bytes")
        value = parse_json(place.read_text("utf-8"), Budget()).value
    except (OSError, UnicodeDecodeError, ReadError) as error:
        raise EvaluationError(f"{place.name} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise EvaluationError(f"{place.name} is no JSON object")
    return value
