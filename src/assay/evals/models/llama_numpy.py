"""Plain Llama models from safetensors, run by numpy alone: small, slow, the same answer every time.

Nothing of the repo is executed. Weights are widened to 32-bit floats; the whole text is computed anew for each token.
Source of the arithmetic: arXiv 2302.13971 (Llama), 2104.09864 (rotary embedding), 2305.13245 (grouped queries).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from assay.artifact.blob import Blob, read_exactly, sha256_of
from assay.artifact.budget import Budget
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.safetensors_file import Placed, read_index
from assay.artifact.sources.local import LocalSource, open_local
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import EvaluationError, MissingExtraError, ReadError
from assay.evals.models import Generation
from assay.evals.models.characters import CharacterTokenizer, character_tokenizer
from assay.evals.models.llama_config import LlamaConfig, llama_config

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float32]]

__all__ = ["LlamaModel", "load_llama", "load_numpy"]

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

    def generate(self, prompt: str, *, max_tokens: int, stop: tuple[str, ...]) -> Generation:
        """Return the most likely continuation, token by token; of equally likely tokens the first counts.

        Raises:
            EvaluationError: a character has no token, the text is too long, or the weights give no number.
        """
        tokens = self.tokenizer.encode(prompt)
        start = len(tokens)
        if not tokens or start + max_tokens > self.config.context:
            raise EvaluationError(f"a prompt of {start} tokens does not fit into a context of {self.config.context}")
        while len(tokens) - start < max_tokens:
            token = self._next(tokens)
            if token in self.config.ends:
                return Generation(self.tokenizer.decode(tokens[start:]), "end")
            tokens.append(token)
            text = self.tokenizer.decode(tokens[start:])
            found = [text.find(mark) for mark in stop if mark in text]
            if found:
                return Generation(text[: min(found)], "stop")
        return Generation(self.tokenizer.decode(tokens[start:]), "length")

    def logits(self, tokens: list[int]) -> Array:
        """Return a number for each token of the vocabulary, as continuation of `tokens`."""
        numpy = load_numpy()
        config, weights = self.config, self.weights
        with numpy.errstate(all="ignore"):
            turn = _rotation(config, len(tokens))
            hidden = weights["model.embed_tokens.weight"][tokens]
            for number in range(config.layers):
                layer = f"model.layers.{number}."
                normed = _normalised(hidden, weights[f"{layer}input_layernorm.weight"], config.epsilon)
                hidden = hidden + _attention(config, weights, f"{layer}self_attn.", normed, turn)
                normed = _normalised(hidden, weights[f"{layer}post_attention_layernorm.weight"], config.epsilon)
                hidden = hidden + _mlp(weights, f"{layer}mlp.", normed)
            last = _normalised(hidden[-1:], weights["model.norm.weight"], config.epsilon)
            head = weights["model.embed_tokens.weight" if config.tied else "lm_head.weight"]
            found: Array = (last @ head.T)[0]
        return found

    def _next(self, tokens: list[int]) -> int:
        found = self.logits(tokens)
        if not bool(load_numpy().isfinite(found).all()):
            raise EvaluationError("the weights give no finite number")
        return int(found.argmax())


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


def load_numpy() -> ModuleType:
    """Return numpy.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import numpy  # noqa: PLC0415, ICN001 - optional
    except ImportError as error:
        raise MissingExtraError.of("numpy", "eval") from error
    return numpy


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
    config: LlamaConfig, weights: Mapping[str, Array], layer: str, hidden: Array, turn: tuple[Array, Array]
) -> Array:
    numpy = load_numpy()
    length = len(hidden)

    def heads(name: str, count: int) -> Array:
        flat = hidden @ weights[f"{layer}{name}.weight"].T
        return flat.reshape(length, count, config.head_width).transpose(1, 0, 2)

    shared = config.heads // config.kv_heads
    queries = _rotated(heads("q_proj", config.heads), *turn)
    keys = numpy.repeat(_rotated(heads("k_proj", config.kv_heads), *turn), shared, axis=0)
    values = numpy.repeat(heads("v_proj", config.kv_heads), shared, axis=0)
    scores = queries @ keys.transpose(0, 2, 1) / numpy.sqrt(numpy.float32(config.head_width))
    scores = numpy.where(numpy.tri(length, dtype=bool), scores, numpy.float32(-numpy.inf))
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
