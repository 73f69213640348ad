"""The process that runs weights: it loads what it needs, shuts itself in, and answers what it is asked."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from assay.canonical import JSON
from assay.errors import AssayError, IsolationError
from assay.evals.environment import environment
from assay.evals.models import Model, Prompt, Turn
from assay.evals.models.local import load_libraries, load_local
from assay.evals.sampling import Sampling
from assay.isolate import sandbox
from assay.isolate.child import Wire, open_wire
from assay.isolate.frames import Kind, error_to_json

__all__ = ["main"]

_ALONE = {
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": "",
    "HIP_VISIBLE_DEVICES": "",
}  # fmt: skip
"""No hub, no processes of the tokenizer's own, no accelerator."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Load one model, answer until nobody asks any more, and exit."""
    wire = open_wire()
    job = wire.job()
    if job is None:
        return
    try:
        _serve(job, wire)
    except AssayError as error:
        wire.send(Kind.ERROR, error_to_json(error))
    except MemoryError:
        wire.send(Kind.ERROR, error_to_json(IsolationError("the model needs more memory than the limit")))


def _serve(first: dict[str, JSON], wire: Wire) -> None:
    os.environ.update(_ALONE | dict.fromkeys(_THREADS, str(first["threads"])))
    folder = Path(first["model"])
    # The numeric libraries start their threads and read about the machine before the doors close.
    engine = load_libraries(folder, first["engine"], first["threads"])
    surroundings = environment(first["threads"])
    sandbox.limit_resources(memory=first["memory"], cpu_seconds=first["cpu_seconds"])
    readable = [*map(Path, sys.path), Path(sys.base_prefix), folder, folder.resolve()]
    isolation = sandbox.enter([*readable, Path("/proc"), Path("/sys/devices/system/cpu")])
    model = load_local(folder, engine, chat=first["chat"], threads=first["threads"])
    wire.send(Kind.STATEMENT, {"facts": model.facts, "environment": surroundings, "isolation": isolation})
    while (job := wire.job()) is not None:
        wire.send(Kind.STATEMENT, {"answers": _answers(model, job), "cpu": time.process_time()})


def _answers(model: Model, job: dict[str, JSON]) -> list[JSON]:
    if "generate" in job:
        asked = [_prompt(text, turns, seed) for text, turns, seed in job["generate"]]
        sampling = dict(job["sampling"])
        sampling["stop"] = tuple(sampling.get("stop", ()))
        return [list(one) for one in model.generate(asked, Sampling(**sampling))]
    pairs = [(_prompt(text, turns, 0), following) for text, turns, following in job["loglikelihood"]]
    return [list(one) for one in model.loglikelihood(pairs)]


def _prompt(text: str, turns: list[list[str]], seed: int) -> Prompt:
    return Prompt(text, tuple(Turn(*turn) for turn in turns), seed)
