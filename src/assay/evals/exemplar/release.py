"""The exemplar as a release: all that the Model Openness Framework asks of class I, in one folder, and its rebuild."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assay import __version__
from assay.artifact.budget import Budget
from assay.artifact.safetensors_file import Tensor, header
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import EvaluationError, ReadError
from assay.evals.exemplar.pages import paper
from assay.evals.exemplar.text import CHARACTERS, made_text
from assay.evals.exemplar.training import Recipe, Step, trained
from assay.evals.models.llama_numpy import load_numpy

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["Rebuilt", "one_thread", "rebuild", "release"]

_TEXTS = Path(__file__).parent / "texts"
_RECIPE = "training.json"
_WEIGHTS = "model.safetensors"
_LARGEST = 64 * 1024
_STATED = {"data/train.txt": "CC0-1.0", "eval/data.jsonl": "CC0-1.0", "paper.pdf": "CC-BY-4.0",
           "technical-report.pdf": "CC-BY-4.0"}  # fmt: skip
"""What is under another licence than the code and the weights, said beside each file."""
_HALF_WAY = 5
"""Of the ten places at which training stops to look, the one whose weights are kept as well."""
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Rebuilt(NamedTuple):
    """A release trained once more."""

    same: bool
    """Whether the weights came out the same, bit for bit."""
    claimed: str
    """SHA-256 of the weights that the release holds."""
    found: str
    """SHA-256 of those that came out here."""
    differs: tuple[str, ...]
    """Where this machine is another than the one of the release: `numpy 2.4.1 there, 2.4.6 here`."""


def one_thread() -> None:
    """Let numpy compute in one thread, so that sums are always added up alike; before numpy is imported.

    Such small matrices are not faster with more.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")


def release(folder: Path, recipe: Recipe, *, on_step: Callable[[int, float], None] | None = None) -> str:
    """Train by `recipe` and write the release into the new or empty `folder`; return the SHA-256 of the weights.

    Raises:
        EvaluationError: the folder is not empty.
        MissingExtraError: numpy is not installed.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise EvaluationError(f"{folder} is not empty", hint="Name a new folder.")
    last: Step | None = None
    half = b""
    for place, step in enumerate(trained(recipe, on_step=on_step), 1):
        last = step
        if place == _HALF_WAY:
            half, at = _packed(step.weights), step.number
            _write(folder, f"checkpoint-{at}/{_WEIGHTS}", half)
    assert last is not None
    weights = _packed(last.weights)
    digest = hashlib.sha256(weights).hexdigest()
    _write(folder, _WEIGHTS, weights)
    for path, text in _texts(recipe, last, digest).items():
        _write(folder, path, text)
    return digest


def rebuild(folder: Path, *, on_step: Callable[[int, int, float], None] | None = None) -> Rebuilt:
    """Train once more by the recipe of a release, with our own code and none of the folder's; compare the digests.

    Raises:
        EvaluationError: the folder holds no such release.
        MissingExtraError: numpy is not installed.
    """
    known = _document(folder / _RECIPE)
    recipe = Recipe.from_json(known.get("recipe"))
    try:
        claimed = hashlib.sha256((folder / _WEIGHTS).read_bytes()).hexdigest()
    except OSError as error:
        raise EvaluationError(f"{folder} has no {_WEIGHTS}: {error.strerror}") from error
    told = None if on_step is None else partial(_told, on_step, recipe.steps)
    *_, last = trained(recipe, on_step=told)
    found = hashlib.sha256(_packed(last.weights)).hexdigest()
    there = known.get("environment")
    differs = tuple(
        f"{name} {str((there if isinstance(there, dict) else {}).get(name, 'not said'))[:80]} there, {value} here"
        for name, value in _environment().items()
        if not isinstance(there, dict) or there.get(name) != value
    )
    return Rebuilt(found == claimed, claimed, found, differs)


def _told(on_step: Callable[[int, int, float], None], of: int, done: int, loss: float) -> None:
    on_step(done, of, loss)


def _document(file: Path) -> dict[str, JSON]:
    try:
        if file.stat().st_size > _LARGEST:
            raise EvaluationError(f"{file.name} is larger than {_LARGEST:,} bytes")
        document = parse_json(file.read_text("utf-8"), Budget()).value
    except OSError as error:
        raise EvaluationError(
            f"{file} cannot be read: {error.strerror}", hint="Name a folder that assay exemplar made."
        ) from error
    except (ReadError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{file.name} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise EvaluationError(f"{file.name} is no JSON object")
    return document


def _environment() -> dict[str, str]:
    """Return what the last bits of a sum may depend on."""
    numpy = load_numpy()
    return {
        "numpy": str(numpy.__version__),
        "machine": platform.machine(),
        "byteorder": sys.byteorder,
        "features": " ".join(sorted(_features())),
        "threads": os.environ.get(_THREADS[0], "not set"),
    }


def _features() -> list[str]:
    """Return the instruction sets that numpy uses here; empty where it does not say."""
    numpy = load_numpy()
    try:
        found = numpy.show_config(mode="dicts")["SIMD Extensions"]
    except (AttributeError, KeyError, TypeError):
        return []
    return [*found.get("baseline", []), *found.get("found", [])]


def _packed(weights: Mapping[str, Array]) -> bytes:
    """Return the weights as safetensors, by name."""
    names = sorted(weights)
    tensors = [Tensor(name, "F32", weights[name].shape) for name in names]
    return header(tensors, {"format": "pt"}) + b"".join(weights[name].astype("<f4").tobytes() for name in names)


def _texts(recipe: Recipe, last: Step, digest: str) -> dict[str, str | bytes]:
    """Return every other file of the release by its path."""
    text = made_text(recipe.seed, recipe.characters)
    training: dict[str, JSON] = {
        "recipe": recipe._asdict(), "environment": _environment(), "assay": __version__,
        "data": {"file": "data/train.txt", "sha256": hashlib.sha256(text.encode()).hexdigest()},
        "weights": {"file": _WEIGHTS, "sha256": digest}, "loss": f"{last.loss:.6f}",
    }  # fmt: skip
    given = {"characters": f"{recipe.characters:,}", "steps": f"{recipe.steps:,}", "loss": f"{last.loss:.3f}",
             "seed": str(recipe.seed), "digest": digest, "layers": str(recipe.layers), "width": str(recipe.width),
             "half": str(recipe.steps // 10 * _HALF_WAY), "version": __version__}  # fmt: skip
    card = _filled("card.md", given)
    files: dict[str, str | bytes] = {
        path.name.removesuffix(".txt"): path.read_text("utf-8") for path in sorted(_TEXTS.glob("*.py.txt"))
    }
    return files | {
        "README.md": card,
        "LICENSE": (resources.files("assay") / "fixes" / "texts" / "Apache-2.0.txt").read_text("utf-8"),
        "config.json": json.dumps(recipe.config(), indent=2, sort_keys=True) + "\n",
        "tokenizer.json": json.dumps(_tokenizer(), indent=1) + "\n",
        "data/train.txt": text,
        "data/README.md": _filled("data.md", given),
        "eval/data.jsonl": _benchmark("data.jsonl"),
        "eval/manifest.json": _benchmark("manifest.json"),
        **{f"{path}.license": f"SPDX-License-Identifier: {name}\n" for path, name in _STATED.items()},
        "technical-report.pdf": paper("How the exemplar was made", _filled("report.md", given)),
        "paper.pdf": paper("A model that can be made again", _filled("paper.md", given)),
        _RECIPE: json.dumps(training, indent=2, sort_keys=True) + "\n",
    }


def _filled(name: str, given: Mapping[str, str]) -> str:
    text = (_TEXTS / name).read_text("utf-8")
    for key, value in given.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _benchmark(name: str) -> bytes:
    return (Path(__file__).parents[1] / "benchmarks" / "next-letter" / name).read_bytes()


def _tokenizer() -> dict[str, JSON]:
    """Return `tokenizer.json`: a token for each character, in the layout of the tokenizers library."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": None, "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": {one: number for number, one in enumerate(CHARACTERS)}, "merges": []},
    }  # fmt: skip


def _write(folder: Path, path: str, content: str | bytes) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
