"""Does the model run on a plain CPU? One file per way to run it; code of the repo is never one of them.

The first way that fits the files and the installed libraries is taken: transformers, the numpy Llama, ONNX Runtime;
for GGUF the header is read, which shows that it loads and no more (grade E0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from assay.artifact.blob import sha256_of
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.sources.local import LocalSource, open_local
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError
from assay.evals.running import with_gguf, with_numpy, with_onnx, with_transformers
from assay.evals.running.machine import Clock, machine
from assay.evals.running.produced import Produced
from assay.statements.predicates import run

__all__ = ["PreparedRun", "prepare"]

_WAYS: tuple[ModuleType, ...] = (with_transformers, with_numpy, with_onnx, with_gguf)


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A way to run one folder, its libraries loaded; nothing of the model is loaded yet."""

    folder: Path
    way: ModuleType
    environment: dict[str, JSON]

    def start(self, on_token: Callable[[int, int], None] | None = None) -> dict[str, JSON]:
        """Load the model, let it go on for a few tokens, and return the predicate `urn:assay:run:v1`.

        Raises:
            EvaluationError: it does not load, or gives no finite number.
            SourceError: a file cannot be read, or changed meanwhile.
        """
        clock = Clock()
        produced: Produced = self.way.produce(self.folder, clock, on_token)
        dirhash, weights = _digests(open_local(self.folder), produced)
        predicate: dict[str, JSON] = {
            "evidence": "E1" if produced.output else "E0",
            "model": {"dirhash": dirhash, "weights_digest": weights, "format": produced.format},
            "runner": {"name": produced.runner, "version": produced.version},
            "input": {"kind": produced.input_kind, "digest": sha256_hex(canonical_json(list(produced.input)))},
            "output": {"count": produced.count, "digest": sha256_hex(canonical_json(list(produced.output)))},
            "environment": self.environment,
            "beside": clock.to_json(produced.count),
        }
        run.validate(predicate)
        return predicate


def prepare(folder: Path) -> PreparedRun:
    """Choose a way to run the model in `folder` and load its libraries.

    Raises:
        SourceError: the folder cannot be read.
        EvaluationError: no way fits; the message says what each would have needed.
    """
    paths = [entry.path for entry in open_local(folder).entries()]
    refused = []
    for way in _WAYS:
        why = way.refusal(folder, paths)
        if why is None:
            return PreparedRun(folder, way, machine(way.LIBRARIES))
        refused.append(f"{way.NAME}: {why}")
    raise EvaluationError(f"nothing here can run {folder.name} ({'; '.join(refused)})", hint="See `assay scan`.")


def _digests(source: LocalSource, produced: Produced) -> tuple[str, str]:
    lines = []
    for entry in source.entries():
        with source.open(entry) as blob:
            lines.append(ManifestLine(entry.path, sha256_of(blob, entry.path)))
    weights = [line for line in lines if line.path in produced.weights]
    return dir_hash(lines), dir_hash(weights)
