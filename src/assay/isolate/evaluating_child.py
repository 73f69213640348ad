"""The process that runs weights: it loads what it needs, shuts itself in, asks the model, and sends back one result."""

from __future__ import annotations

import sys
from pathlib import Path

from assay import evals
from assay.canonical import JSON
from assay.errors import AssayError, IsolationError
from assay.evals.models.llama_numpy import load_llama, load_numpy
from assay.isolate import sandbox
from assay.isolate.child import Wire, open_wire
from assay.isolate.frames import Kind, error_to_json

__all__ = ["main"]


def main() -> None:
    """Serve one job and exit."""
    wire = open_wire()
    job = wire.job()
    if job is None:
        return
    try:
        wire.send(Kind.STATEMENT, _evaluate(job, wire))
    except AssayError as error:
        wire.send(Kind.ERROR, error_to_json(error))
    except MemoryError:
        wire.send(Kind.ERROR, error_to_json(IsolationError("the model needs more memory than the limit")))


def _evaluate(job: dict[str, JSON], wire: Wire) -> JSON:
    # The numeric libraries start their threads and read about the machine before the doors close.
    load_numpy()
    place = Path(job["benchmark"])
    benchmark = evals.load_benchmark(place) if place.is_dir() else evals.shipped(job["benchmark"])
    sandbox.limit_resources(memory=job["memory"], cpu_seconds=job["cpu_seconds"])
    readable = [*map(Path, sys.path), Path(sys.base_prefix), Path(job["model"])]
    isolation = sandbox.enter([*readable, Path("/proc"), Path("/sys/devices/system/cpu")])
    done = evals.run(
        benchmark,
        load_llama(Path(job["model"])),
        environment=evals.environment(),
        relationship=job["relationship"],
        on_sample=lambda done, of: wire.send(Kind.SAMPLE, [done, of]),
    )
    return {"predicate": done.predicate, "summary": done.sentence(), "isolation": isolation}
