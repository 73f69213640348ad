"""What the reference runner adds to a model's own time, and how much it keeps in memory as samples grow.

    python bench/evaluate.py [--quick]

CPU for each sample, with a model that answers at once: ours in this environment; inspect_ai and lm_eval, each with
an instant model of our own, in the one that ASSAY_ENGINES_PYTHON names (`.engines/bin/python` unless told; without it,
ours alone). All ask the same questions with one-word answers, score an exact match, and write a log; runs alternate,
each in a process of its own, and what a run of two samples costs is taken off. Memory: the growth of the largest
resident size from 1,000 to 100,000 samples, over that of a process that only loads the same benchmark.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENGINES = os.environ.get("ASSAY_ENGINES_PYTHON", str(HERE.parent / ".engines" / "bin" / "python"))
MEASURED = """
import json, os, resource, sys, time
folder, count = sys.argv[1], int(sys.argv[2])
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
def done(started):
    print(json.dumps([cpu() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""
LOAD = """
from pathlib import Path
from assay.evals import Journal, environment, load_benchmark, run
from assay.evals.models import Generation
class Instant:
    facts = {"dirhash": "0" * 64, "weights_digest": "0" * 64, "format": "instant"}
    cpu_elsewhere = 0.0
    def generate(self, prompts, sampling):
        return [Generation("yes", "end", 1, 1) for _ in prompts]
suite = load_benchmark(Path(folder))
"""
OURS = f"""
{MEASURED}{LOAD}
started = cpu()
with Journal(Path(folder) / f"journal-{{os.getpid()}}") as journal:
    run(suite, Instant(), environment=environment(1), batch_size=16, journal=journal, limit=count)
done(started)
"""
IN_A_CHILD = f"""
{MEASURED}{LOAD}
from assay.examples import build
from assay.isolate.evaluating_model import Confined, IsolatedModel
place = Path(folder) / f"model-{{os.getpid()}}"
build("apache-clean", place)
with IsolatedModel(place, Confined()) as model, Journal(Path(folder) / f"journal-{{os.getpid()}}") as journal:
    started = cpu()
    run(suite, model, environment=environment(1), batch_size=16, journal=journal, limit=count)
    done(started)
"""
LOADED = f"{MEASURED}{LOAD}\ndone(cpu())\n"
INSPECT = f"""
{MEASURED}
os.environ["INSPECT_DISPLAY"] = "none"
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import exact
from inspect_ai.solver import generate
@modelapi(name="instant")
class Instant(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        return ModelOutput.from_content(self.model_name, "yes")
rows = [json.loads(line) for line in open(folder + "/data.jsonl")][:count]
def task(rows):
    return Task(dataset=MemoryDataset([Sample(id=r["id"], input=r["input"], target=r["target"]) for r in rows]),
                solver=generate(), scorer=exact())
log = folder + f"/inspect-{{os.getpid()}}"
eval(task(rows[:2]), model="instant/x", log_dir=log, display="none")
started = cpu()
found = eval(task(rows), model="instant/x", log_dir=log, display="none")
assert found[0].status == "success" and found[0].results.completed_samples == len(rows)
done(started)
"""
LM_EVAL = f"""
{MEASURED}
os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
import logging; logging.disable(logging.CRITICAL)
import datasets
from lm_eval import evaluator
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.task import ConfigurableTask
class Instant(LM):
    def generate_until(self, requests, disable_tqdm=True):
        return ["yes"] * len(requests)
    def loglikelihood(self, requests, disable_tqdm=True):
        return [(-1.0, True)] * len(requests)
    def loglikelihood_rolling(self, requests, disable_tqdm=True):
        return [-1.0] * len(requests)
rows = [json.loads(line) for line in open(folder + "/data.jsonl")][:count]
def go(rows):
    task = ConfigurableTask(config=dict(
        task="yes", dataset_path="json", custom_dataset=lambda **_: {{"test": datasets.Dataset.from_list(rows)}},
        test_split="test", output_type="generate_until", doc_to_text="{{{{input}}}}", doc_to_target="{{{{target}}}}",
        generation_kwargs=dict(until=["\\n"]), metric_list=[dict(metric="exact_match", aggregation="mean",
        higher_is_better=True)]))
    return evaluator.evaluate(lm=Instant(), task_dict={{"yes": task}}, bootstrap_iters=0, log_samples=True)
go(rows[:2])
started = cpu()
found = go(rows)
assert len(found["samples"]["yes"]) == len(rows)
json.dump(found["samples"], open(folder + f"/lm-eval-{{os.getpid()}}.json", "w"), default=str)
done(started)
"""


def benchmark(folder: Path, count: int) -> Path:
    """Write a benchmark of `count` samples."""
    folder.mkdir()
    ids = [f"q{at:07}" for at in range(count)]
    raw = "".join(
        json.dumps({"id": key, "input": f"Is question {key} one? Answer yes or no.", "target": "yes", "control": "no"})
        + "\n"
        for key in ids
    ).encode()
    scorer = {"name": "exact-match", "options": {}}
    manifest = {
        "schema": "assay.benchmark/v2", "id": "instant", "version": "1", "title": "Instant",
        "licence": {"data": "CC0-1.0", "harness": "Apache-2.0"}, "language": ["en"], "visibility": "public",
        "data": {"file": "data.jsonl", "format": "jsonl", "sha256": sha256(raw), "samples": count,
                 "fields": {"id": "id", "input": "input", "target": "target", "control": "control"}},
        "split": {"name": "test", "sha256": sha256(canonical(ids))},
        "scorer": {**scorer, "sha256": sha256(canonical(scorer))},
        "sampling": {"mode": "greedy", "max_tokens": 1, "stop": []},
        "metric": {"name": "accuracy", "level": "0.95", "missing": "wrong", "extra": "error"},
    }  # fmt: skip
    (folder / "data.jsonl").write_bytes(raw)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def canonical(value: object) -> bytes:
    """Return canonical JSON of what is made here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(data).hexdigest()


def measured(python: str, code: str, folder: Path, count: int) -> tuple[float, int]:
    """Return CPU seconds and the largest resident size in bytes of `code`, in a process of its own."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    done = subprocess.run([python, "-c", code, str(folder), str(count)], check=False, capture_output=True, text=True,
                          env=environment)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-3000:]}")
    cpu, peak = json.loads(done.stdout.strip().splitlines()[-1])
    return cpu, peak


def overhead(rivals: dict[str, tuple[str, str]], folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Return the median CPU milliseconds for each sample of each, over what a run of two samples takes."""
    found: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, (python, code) in rivals.items():
            few, _ = measured(python, code, folder, 2)
            many, _ = measured(python, code, folder, count)
            found[name].append(1000 * (many - few) / (count - 2))
    return {name: statistics.median(one) for name, one in found.items()}


def growth(small: Path, large: Path, counts: tuple[int, int]) -> tuple[float, float]:
    """Return by how many MB a run of more samples takes more, over loading them; and by how many loading them does."""
    peaks = {}
    for place, count in ((small, counts[0]), (large, counts[1])):
        for name, code in (("load", LOADED), ("run", OURS)):
            peaks[name, count] = min(measured(sys.executable, code, place, count)[1] for _ in range(3))
    over = {count: peaks["run", count] - peaks["load", count] for count in counts}
    return (over[counts[1]] - over[counts[0]]) / 1e6, (peaks["load", counts[1]] - peaks["load", counts[0]]) / 1e6


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few samples, one round, no target judged")
    quick = parser.parse_args().quick
    rivals = {"assay": (sys.executable, OURS), "assay, this side of a child": (sys.executable, IN_A_CHILD)}
    if Path(ENGINES).exists():
        rivals |= {"inspect_ai": (ENGINES, INSPECT), "lm_eval": (ENGINES, LM_EVAL)}
    asked, rounds, counts = (50, 1, (100, 1000)) if quick else (1000, 3, (1000, 100_000))
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        small, large = benchmark(Path(name) / "small", counts[0]), benchmark(Path(name) / "large", counts[1])
        cpu = overhead(rivals, small, asked, rounds)
        more, data = growth(small, large, counts)
    ours = cpu.pop("assay")
    apart = cpu.pop("assay, this side of a child")
    lines = [("CPU a sample", ours, "ms", "<= 1", ours <= 1)]
    lines += [("CPU a sample, this side of a model in its child", apart, "ms", "<= 1", apart <= 1)]
    lines += [(f"CPU a sample: {name}", one, "ms", None, True) for name, one in cpu.items()]
    lines += [(f"CPU a sample, {name} by assay", one / ours, "x", None, True) for name, one in cpu.items()]
    lines += [
        (f"memory, from {counts[0]:,} to {counts[1]:,} samples", more, "MB", "<= 4", more <= 4),
        ("the same, of the benchmark's own data", data, "MB", None, True),
    ]
    figures = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": target, "met": None if quick else met}
        for name, value, unit, target, met in lines
    ]
    print(json.dumps({"bench": "evaluate", "figures": figures}))
    return int(any(one["met"] is False for one in figures))


if __name__ == "__main__":
    raise SystemExit(main())
