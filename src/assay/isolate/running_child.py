"""The process that runs a model to see whether it runs: it loads libraries, shuts itself in, and sends one result."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assay.canonical import JSON
from assay.errors import AssayError, IsolationError
from assay.evals.running import prepare
from assay.isolate import sandbox
from assay.isolate.child import Wire, open_wire
from assay.isolate.frames import Kind, error_to_json

__all__ = ["main"]

_ALONE = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "",
}  # fmt: skip
"""One thread, so that sums are added in one order; no hub; no accelerator, which a plain CPU has not."""


def main() -> None:
    """Serve one job and exit."""
    os.environ.update(_ALONE)
    wire = open_wire()
    job = wire.job()
    if job is None:
        return
    try:
        wire.send(Kind.STATEMENT, _run(job, wire))
    except AssayError as error:
        wire.send(Kind.ERROR, error_to_json(error))
    except MemoryError:
        wire.send(Kind.ERROR, error_to_json(IsolationError("the model needs more memory than the limit")))


def _run(job: dict[str, JSON], wire: Wire) -> JSON:
    folder = Path(job["model"])
    # Libraries start their threads and read about the machine before the doors close.
    prepared = prepare(folder)
    sandbox.limit_resources(memory=job["memory"], cpu_seconds=job["cpu_seconds"])
    readable = [*map(Path, sys.path), Path(sys.base_prefix), folder, folder.resolve()]
    isolation = sandbox.enter([*readable, Path("/proc"), Path("/sys/devices/system/cpu")])
    predicate = prepared.start(lambda done, of: wire.send(Kind.SAMPLE, [done, of]))
    return {"predicate": predicate, "isolation": isolation}
