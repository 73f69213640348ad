"""How fast `assay scan` is on what is slow to judge, each beside a rival or a limit in the same run.

    ASSAY_SAMPLES_PYTHON=PYTHON python bench/scan_speed.py [--quick]

Inputs are made in a temporary folder: a pickle of 60 million opcodes (records of numbers and short texts), 2 GB of
safetensors, a torch archive of 2 GB, and 2,000 small files in 40 folders. Rivals: picklescan on the same pickle, from
the interpreter that ASSAY_SAMPLES_PYTHON names (without it that figure is left out), and `hashlib.sha256` over the same
bytes, in a process of its own, runs alternating. What starts are whole commands; `assay --version` is taken as the
start of the interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from scan import HASH, Cost, measure, ratio, safetensors

ASSAY = [sys.executable, "-m", "assay"]
PICKLESCAN = "from picklescan.cli import main; raise SystemExit(main() and 0)"
RECORDS = 3_160_000
"""Of 19 opcodes each."""
RECORD = """
import pickle, sys
count = int(sys.argv[2])
records = [
    {"id": 70_000 + i, "x": i / 7, "t": [80_000 + i, 90_000 + i, i % 200], "s": f"name {i:08}"} for i in range(count)
]
with open(sys.argv[1], "wb") as file:
    pickle.dump(records, file, 4)
"""
TENSORS = 8


def torch_archive(path: Path, size: int) -> None:
    """Write what `torch.save` writes for a dict of tensors that are `size` bytes together."""
    each = size // TENSORS
    piece = os.urandom(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", _checkpoint(each // 4))
        archive.writestr("archive/version", "3\n")
        for number in range(TENSORS):
            with archive.open(zipfile.ZipInfo(f"archive/data/{number}"), "w", force_zip64=True) as member:
                for _ in range(each >> 20):
                    member.write(piece)


def _checkpoint(elements: int) -> bytes:
    """Return the opcodes of a dict of one-dimensional float tensors, assembled by hand."""
    parts = [b"\x80\x02ccollections\nOrderedDict\n)R("]
    for number in range(TENSORS):
        shape = _number(elements) + b"\x85"
        storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(str(number)) + _text("cpu")
        rebuilt = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + _number(elements) + b"tQK\0" + shape
        hooks = b"K\1\x85\x89ccollections\nOrderedDict\n)RtR"
        parts += [_text(f"layer.{number}.weight"), rebuilt, hooks]
    return b"".join([*parts, b"u."])


def _text(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _number(number: int) -> bytes:
    return b"J" + number.to_bytes(4, "little")


def small_files(folder: Path, count: int) -> None:
    """Write ordinary small files of six kinds, fifty to a folder."""
    for number in range(count):
        place = folder / f"model-{number // 50:02}"
        place.mkdir(parents=True, exist_ok=True)
        match number % 6:
            case 0:
                config = {"model_type": "llama", "hidden_size": number, "architectures": ["LlamaForCausalLM"]}
                (place / f"config-{number}.json").write_text(json.dumps(config))
            case 1:
                code = f"import torch\n\n\ndef ones_{number}():\n    return torch.ones({number})\n"
                (place / f"model_{number}.py").write_text(code)
            case 2:
                (place / f"notes-{number}.md").write_text(f"# Notes {number}\n\nWhat was tried and what came of it.\n")
            case 3:
                (place / f"vocab-{number}.txt").write_text("\n".join(f"token{number}{n}" for n in range(100)))
            case 4:
                (place / f"state-{number}.pkl").write_bytes(pickle.dumps({"step": number, "loss": [0.5, 0.25]}, 4))
            case _:
                (place / f"train-{number}.yaml").write_text(f"steps: {number}\nrates: [1, 2, 3]\n")


def beside_hashing(path: Path, runs: int) -> tuple[list[Cost], list[Cost]]:
    """Scan a folder and hash its files in turns."""
    files = sorted(str(file) for file in path.iterdir())
    measure([sys.executable, "-c", HASH, *files])  # brings the files into the page cache
    scanning, hashing = [], []
    for _ in range(runs):
        hashing.append(measure([sys.executable, "-c", HASH, *files]))
        scanning.append(measure([*ASSAY, "scan", str(path)]))
    return scanning, hashing


def pickle_figures(root: Path, *, quick: bool) -> list[tuple[str, float, str, str, float]]:
    """Judge one large pickle of plain values, beside picklescan."""
    folder = root / "pickle"
    folder.mkdir()
    made = folder / "records.pkl"
    subprocess.run([sys.executable, "-c", RECORD, str(made), str(2_000 if quick else RECORDS)], check=True)
    print(f"pickle: {made.stat().st_size / 1e6:.0f} MB", file=sys.stderr)
    ours = [measure([*ASSAY, "scan", str(folder)]) for _ in range(1 if quick else 5)]
    wall, name = statistics.median(one.wall for one in ours), "pickle of 60 M opcodes"
    figures = [(f"{name}, memory", max(one.peak for one in ours) / 1e6, "MB", "<=", 150.0)]
    rival = os.environ.get("ASSAY_SAMPLES_PYTHON")
    if rival is None:
        print("without ASSAY_SAMPLES_PYTHON there is no picklescan to compare with", file=sys.stderr)
        return figures
    theirs = measure([rival, "-c", PICKLESCAN, "--path", str(folder)])
    print(f"{name}: {wall:.2f} s, picklescan {theirs.wall:.1f} s and {theirs.peak / 1e6:,.0f} MB", file=sys.stderr)
    return [(f"{name}, speed", theirs.wall / wall, "x picklescan", ">=", 40.0), *figures]


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no target judged")
    quick = parser.parse_args().quick
    runs, size, count = (1, 8 << 20, 60) if quick else (5, 2 << 30, 2_000)
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        root = Path(name)
        figures = pickle_figures(root, quick=quick)
        for part, target in (("safetensors", 1.15), ("torch archive", 1.6)):
            folder = root / part.replace(" ", "-")
            folder.mkdir()
            if part == "safetensors":
                safetensors(folder / "model.safetensors", size)
            else:
                torch_archive(folder / "model.pt", size)
            scanning, hashing = beside_hashing(folder, runs)
            value = ratio([one.cpu for one in scanning], [one.cpu for one in hashing])
            figures.append((f"2 GB, {part}, CPU", value, "x hashlib", "<=", target))
            for file in folder.iterdir():
                file.unlink()
        small_files(root / "small", count)
        start = statistics.median(measure([*ASSAY, "--version"]).wall for _ in range(runs * 3))
        walls = [measure([*ASSAY, "scan", str(root / "small")]).wall for _ in range(runs)]
        figures.append(("2,000 small files, beyond the start", statistics.median(walls) - start, "s", "<=", 1.5))
    lines = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": f"{sign} {target:g}",
         "met": None if quick else (value <= target if sign == "<=" else value >= target)}
        for name, value, unit, sign, target in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "scan_speed", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
