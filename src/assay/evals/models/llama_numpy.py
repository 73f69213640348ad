"""Plain Llama models from safetensors, run by numpy alone: small, slow, the same answer every time.

Nothing of the repo is executed. Weights are widened to 32-bit floats; prompts are answered one by one.
Source of the arithmetic: arXiv 2302.13971 (Llama), 2104.09864 (rotary embedding), 2305.13245 (grouped queries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.artifact.blob import Blob, read_exactly, sha256_of
from assay.artifact.budget import Budget
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.safetensors_file import Placed, read_index
from assay.artifact.sources.local import LocalSource, open_local
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import EvaluationError, ReadError
from assay.evals.models import Generation, Likelihood, Prompt, cut
from assay.evals.models.characters import CharacterTokenizer, character_tokenizer
from assay.evals.models.choosing import choose, log_softmax
from assay.evals.models.llama_config import LlamaConfig, llama_config
from assay.evals.models.numeric import load_numpy
from assay.evals.sampling import Sampling

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float32]]

__all__ = ["LlamaModel", "load_llama", "load_numpy", "understands"]

_LARGEST = 2 * 1024**3
"""Bytes of weights, as 32-bit floats."""
_LARGEST_JSON = 64 * 1024 * 1024
_COMPUTED = ".rotary_emb.inv_freq"
"""Old checkpoints carry this table, which every program computes itself."""


@dataclass(frozen=True, slots=True)
class LlamaModel:
    """A model in memory and the digests of what it was read from."""

    dirhash: str
    weights_digest: str
    config: LlamaConfig
    tokenizer: CharacterTokenizer
    weights: Mapping[str, Array]
    format: str = "safetensors"

    cpu_elsewhere: float = 0.0

    @property
    def facts(self) -> dict[str, JSON]:
        """What a result says of it."""
        return {"dirhash": self.dirhash, "weights_digest": self.weights_digest, "format": self.format}

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return a continuation of each prompt, one after another: the batch changes nothing."""
        return [self._go_on(prompt, sampling) for prompt in prompts]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return how likely each text is to follow its prompt, one after another."""
        return [self._rate(prompt.text, following) for prompt, following in pairs]

    def logits(self, tokens: list[int]) -> Array:
        """Return a number for each token of the vocabulary, as continuation of `tokens`."""
        found: Array = self._all_logits(tokens, Past(self.config, len(tokens)), last=True)[0]
        return found

    def _go_on(self, prompt: Prompt, sampling: Sampling) -> Generation:
        try:
            asked = self._encoded(prompt.text, sampling.max_tokens)
            past = Past(self.config, len(asked) + sampling.max_tokens)
            said: list[int] = []
            fresh = asked
            while len(said) < sampling.max_tokens:
                logits = self._all_logits(fresh, past, last=True)[0]
                token = choose(logits, sampling, prompt.seed, len(said))
                if token in self.config.ends:
                    return Generation(self.tokenizer.decode(said), "end", len(asked), len(said))
                said.append(token)
                fresh = [token]
                if sampling.stop and (ended := cut(self.tokenizer.decode(said), sampling.stop)) is not None:
                    return Generation(ended, "stop", len(asked), len(said))
            return Generation(self.tokenizer.decode(said), "length", len(asked), len(said))
        except EvaluationError as error:
            return Generation.failed(str(error))

    def _rate(self, prompt: str, following: str) -> Likelihood:
        try:
            after = self.tokenizer.encode(following)
            tokens = self._encoded(prompt, len(after)) + after
            found = log_softmax(self._all_logits(tokens[:-1], Past(self.config, len(tokens))))
        except EvaluationError as error:
            return Likelihood.failed(str(error))
        start = len(tokens) - len(after)
        return Likelihood(float(sum(found[at - 1, tokens[at]] for at in range(start, len(tokens)))), len(tokens))

    def _encoded(self, prompt: str, more: int) -> list[int]:
        tokens = self.tokenizer.encode(prompt)
        if not tokens or len(tokens) + more > self.config.context:
            raise EvaluationError(
                f"a prompt of {len(tokens)} tokens does not fit into a context of {self.config.context}"
            )
        return tokens

    def _all_logits(self, tokens: list[int], past: Past, *, last: bool = False) -> Array:
        """Return a row of logits for each token that follows what `past` holds, or for the `last` one only."""
        numpy = load_numpy()
        config, weights = self.config, self.weights
        with numpy.errstate(all="ignore"):
            turn = past.rotation(len(tokens))
            hidden = weights["model.embed_tokens.weight"][tokens]
            for number in range(config.layers):
                layer = f"model.layers.{number}."
                normed = _normalised(hidden, weights[f"{layer}input_layernorm.weight"], config.epsilon)
                hidden = hidden + _attention(
                    config, weights, f"{layer}self_attn.", normed, turn, extend=past.layer(number)
                )
                normed = _normalised(hidden, weights[f"{layer}post_attention_layernorm.weight"], config.epsilon)
                hidden = hidden + _mlp(weights, f"{layer}mlp.", normed)
            past.length += len(tokens)
            hidden = hidden[-1:] if last else hidden
            normed = _normalised(hidden, weights["model.norm.weight"], config.epsilon)
            head = weights["model.embed_tokens.weight" if config.tied else "lm_head.weight"]
            found: Array = normed @ head.T
        return found


class Past:
    """Keys and values of the tokens that were computed already, so that each is computed once."""

    def __init__(self, config: LlamaConfig, most: int) -> None:
        numpy = load_numpy()
        shape = (2, config.kv_heads, most, config.head_width)
        self._layers = [numpy.empty(shape, numpy.float32) for _ in range(config.layers)]
        self._turn = _rotation(config, most)
        self.length = 0

    def rotation(self, more: int) -> tuple[Array, Array]:
        """Return cosine and sine of the angles of the next `more` positions."""
        return tuple(part[self.length : self.length + more] for part in self._turn)  # type: ignore[return-value]

    def layer(self, number: int) -> Callable[[Array, Array], tuple[Array, Array]]:
        """Return what takes the new keys and values of a layer, and gives all of them."""

        def extend(keys: Array, values: Array) -> tuple[Array, Array]:
            end = self.length + keys.shape[1]
            held = self._layers[number]
            held[0, :, self.length : end], held[1, :, self.length : end] = keys, values
            return held[0, :, :end], held[1, :, :end]

        return extend


def load_llama(folder: Path, *, needs_text: bool = True) -> LlamaModel:
    """Read the model in `folder`, or in the snapshot of a Hugging Face cache, into memory.

    Without `needs_text` its tokenizer, which may be of any kind, is left out, and it understands numbers only.

    Raises:
        MissingExtraError: numpy is not installed.
        SourceError: a file cannot be read, or changed meanwhile.
        EvaluationError: the model is not whole, not a plain Llama, or too large for this runner.
    """
    load_numpy()
    source = open_local(folder)
    entries = {entry.path: entry for entry in source.entries()}
    config = llama_config(_document(source, "config.json"))
    shapes = config.shapes()
    if 4 * sum(_product(shape) for shape in shapes.values()) > _LARGEST:
        raise EvaluationError(f"the model needs more than {_LARGEST:,} bytes", hint="Larger models need an engine.")
    tokenizer = CharacterTokenizer({}, {})
    if needs_text:
        tokenizer = character_tokenizer(_document(source, "tokenizer.json"), config.vocabulary)
    files = [path for path in entries if path.endswith(".safetensors") and "/" not in path]
    if not files:
        raise EvaluationError(
            f"{source.name} has no safetensors at its top", hint="Only safetensors are run; `assay fix` converts torch."
        )
    weights: dict[str, Array] = {}
    lines = []
    for path, entry in entries.items():
        with source.open(entry) as blob:
            lines.append(ManifestLine(path, sha256_of(blob, path)))
            if path in files:
                _read_weights(blob, path, shapes, weights)
    missing = sorted(shapes.keys() - weights.keys())
    if missing:
        raise EvaluationError(f"the tensor {missing[0]} is missing", hint="Fetch all files of the model.")
    digest = dir_hash(line for line in lines if line.path in files)
    return LlamaModel(dir_hash(lines), digest, config, tokenizer, weights)


def understands(folder: Path) -> bool:
    """Say whether config and tokenizer are of the plain kind that this file runs; no weights are read.

    Raises:
        SourceError: the folder cannot be read.
    """
    source = open_local(folder)
    try:
        config = llama_config(_document(source, "config.json"))
        character_tokenizer(_document(source, "tokenizer.json"), config.vocabulary)
    except EvaluationError:
        return False
    return True


def _document(source: LocalSource, path: str) -> JSON:
    entry = next((entry for entry in source.entries() if entry.path == path), None)
    if entry is None:
        raise EvaluationError(f"{source.name} has no {path}", hint="Name a model folder in the layout of transformers.")
    if entry.size > _LARGEST_JSON:
        raise EvaluationError(f"{path} is longer than {_LARGEST_JSON:,} bytes")
    with source.open(entry) as blob:
        raw = blob.read_at(0, entry.size)
    try:
        document = parse_json(raw.decode("utf-8"), Budget())
    except (ReadError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} is not JSON: {error}") from error
    if document.duplicate_keys:
        raise EvaluationError(f"{path} names {document.duplicate_keys[0][:80]!r} twice")
    return document.value


def _read_weights(blob: Blob, path: str, shapes: Mapping[str, tuple[int, ...]], weights: dict[str, Array]) -> None:
    try:
        for placed in read_index(blob, Budget()):
            name, shape = placed.tensor.name, placed.tensor.shape
            if name.endswith(_COMPUTED):
                continue
            if shapes.get(name) != shape:
                wanted = f"{list(shapes[name])} by config.json" if name in shapes else "nothing that a plain Llama has"
                raise EvaluationError(f"{path}: the tensor {name[:80]!r} is {list(shape)[:8]}, {wanted}")
            if name in weights:
                raise EvaluationError(f"{path}: the tensor {name!r} stands in two files")
            weights[name] = _tensor(blob, placed)
    except ReadError as error:
        raise EvaluationError(f"{path}: {error}", hint="Fetch the file again.") from error


def _tensor(blob: Blob, placed: Placed) -> Array:
    numpy = load_numpy()
    tensor = placed.tensor
    kinds = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
    if tensor.dtype not in kinds:
        raise EvaluationError(f"the tensor {tensor.name!r} is {tensor.dtype}; F32, F16 and BF16 are understood")
    raw = numpy.frombuffer(read_exactly(blob, placed.offset, tensor.nbytes, tensor.name), kinds[tensor.dtype])
    if tensor.dtype == "BF16":
        raw = (raw.astype(numpy.uint32) << 16).view(numpy.float32)
    found: Array = raw.astype(numpy.float32).reshape(tensor.shape)
    return found


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _normalised(hidden: Array, weight: Array, epsilon: float) -> Array:
    numpy = load_numpy()
    mean = (hidden * hidden).mean(axis=-1, keepdims=True)
    found: Array = hidden / numpy.sqrt(mean + numpy.float32(epsilon)) * weight
    return found


def _rotation(config: LlamaConfig, length: int) -> tuple[Array, Array]:
    """Return cosine and sine of each position's angles, both halves alike."""
    numpy = load_numpy()
    steps = numpy.arange(0, config.head_width, 2, dtype=numpy.float32) / numpy.float32(config.head_width)
    angles = numpy.outer(numpy.arange(length, dtype=numpy.float32), numpy.float32(config.theta) ** -steps)
    angles = numpy.concatenate([angles, angles], axis=-1)
    return numpy.cos(angles), numpy.sin(angles)


def _rotated(heads: Array, cos: Array, sin: Array) -> Array:
    numpy = load_numpy()
    half = heads.shape[-1] // 2
    turned = numpy.concatenate([-heads[..., half:], heads[..., :half]], axis=-1)
    found: Array = heads * cos + turned * sin
    return found


def _attention(
    config: LlamaConfig,
    weights: Mapping[str, Array],
    layer: str,
    hidden: Array,
    turn: tuple[Array, Array],
    *,
    extend: Callable[[Array, Array], tuple[Array, Array]],
) -> Array:
    numpy = load_numpy()
    length = len(hidden)

    def heads(name: str, count: int) -> Array:
        flat = hidden @ weights[f"{layer}{name}.weight"].T
        return flat.reshape(length, count, config.head_width).transpose(1, 0, 2)

    shared = config.heads // config.kv_heads
    queries = _rotated(heads("q_proj", config.heads), *turn)
    keys, values = extend(_rotated(heads("k_proj", config.kv_heads), *turn), heads("v_proj", config.kv_heads))
    whole = keys.shape[1]
    if shared > 1:
        keys, values = numpy.repeat(keys, shared, axis=0), numpy.repeat(values, shared, axis=0)
    scores = queries @ keys.transpose(0, 2, 1) / numpy.sqrt(numpy.float32(config.head_width))
    if length > 1:
        mask = numpy.tri(length, whole, whole - length, dtype=bool)
        scores = numpy.where(mask, scores, numpy.float32(-numpy.inf))
    scores = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    scores = scores / scores.sum(axis=-1, keepdims=True)
    mixed = (scores @ values).transpose(1, 0, 2).reshape(length, -1)
    found: Array = mixed @ weights[f"{layer}o_proj.weight"].T
    return found


def _mlp(weights: Mapping[str, Array], layer: str, hidden: Array) -> Array:
    numpy = load_numpy()
    gate = hidden @ weights[f"{layer}gate_proj.weight"].T
    up = hidden @ weights[f"{layer}up_proj.weight"].T
    found: Array = (gate / (1 + numpy.exp(-gate)) * up) @ weights[f"{layer}down_proj.weight"].T
    return found
