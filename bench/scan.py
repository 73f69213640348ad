"""How fast `assay scan` is beside hashing the same bytes, how much memory it takes, and how soon it starts.

    python bench/scan.py [--quick]

Inputs are made in a temporary folder: 2 GB of safetensors in four shards, and a small ordinary model folder.
Rival: `hashlib.sha256` over the same files in 1 MiB pieces, in a process of its own, runs alternating.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HASH = """
import hashlib, sys
for path in sys.argv[1:]:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
"""


class Cost(NamedTuple):
    """What one run took."""

    wall: float
    cpu: float
    peak: int
    """Largest resident size of any process of the run, in bytes."""


def measure(command: list[str]) -> Cost:
    """Run `command` to its end and return what it and its children took."""
    code = (
        "import json, resource, subprocess, sys, time\n"
        "started = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024,"
        " done.returncode]))\n"
    )
    out = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True).stdout
    wall, cpu, peak, returned = json.loads(out)
    if returned not in (0, 1, 3):
        raise SystemExit(f"{command} exited with {returned}")
    return Cost(wall, cpu, peak)


def safetensors(path: Path, size: int) -> None:
    """Write a file of one F32 tensor of `size` bytes that are no zeros."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    piece = os.urandom(1 << 20)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _ in range(size >> 20):
            file.write(piece)


def small_folder(folder: Path) -> None:
    """Write a model folder of ordinary small files."""
    folder.mkdir()
    safetensors(folder / "model.safetensors", 1 << 20)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 2048}))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags: [from-scratch]\n---\n# Tiny\n\nA tiny model.\n")
    (folder / "LICENSE").write_text("Apache License\nVersion 2.0, January 2004\n")
    (folder / "train.py").write_text("import torch\n\n\ndef main() -> None:\n    print(torch.__version__)\n")


def ratio(first: list[float], second: list[float]) -> float:
    """Return the median over pairs of first / second."""
    return statistics.median(a / b for a, b in zip(first, second, strict=True))


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no target judged")
    quick = parser.parse_args().quick
    runs, size = (1, 8 << 20) if quick else (5, 2 << 30)
    assay = [sys.executable, "-m", "assay"]
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        root = Path(name)
        big = root / "big"
        big.mkdir()
        shards = [big / f"model-{index}-of-4.safetensors" for index in range(1, 5)]
        for shard in shards:
            safetensors(shard, size // 4)
        small_folder(root / "small")
        hashing, scanning, version, small = [], [], [], []
        measure([sys.executable, "-c", HASH, *map(str, shards)])  # brings the files into the page cache
        measure([*assay, "scan", str(root / "small")])
        for _ in range(runs):
            hashing.append(measure([sys.executable, "-c", HASH, *map(str, shards)]))
            scanning.append(measure([*assay, "scan", str(big)]))
        for _ in range(runs * 3):
            version.append(measure([*assay, "--version"]).wall)
            small.append(measure([*assay, "scan", str(root / "small")]).wall)
    figures = [
        ("cpu, 2 GB of safetensors", ratio([s.cpu for s in scanning], [h.cpu for h in hashing]), "x hashlib", 1.2),
        ("wall, 2 GB of safetensors", ratio([s.wall for s in scanning], [h.wall for h in hashing]), "x hashlib", 1.2),
        ("peak memory, 2 GB of safetensors", max(s.peak for s in scanning) / 1e6, "MB", 150),
        ("assay --version", statistics.median(version), "s", 0.15),
        ("assay scan of a small folder", statistics.median(small), "s", 0.4),
    ]
    lines = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": f"<= {target}",
         "met": None if quick else value <= target}
        for name, value, unit, target in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "scan", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    # The parent's own size must not count: children are measured in a process between.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    started = time.perf_counter()
    code = main()
    print(f"{time.perf_counter() - started:.0f} s in all", file=sys.stderr)
    raise SystemExit(code)
