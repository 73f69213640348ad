"""What turning torch checkpoints into safetensors costs beside torch itself, and whether every tensor stays the same.

    python bench/convert.py [--quick]

Inputs are made here. Speed: one checkpoint of 1 GB, repaired by `assay fix` with digests on both sides, beside
`torch.load` + `save_file` in a process of its own, runs alternating. Memory: the largest resident size at 4 GB.
Equality: a matrix of checkpoints by dtype, stride, sharing, layout (zip and legacy), nesting, shards and whole modules,
each tensor compared with torch's own. Hostile checkpoints: what an audit hook sees run while they are converted.

Torch comes from the interpreter that ASSAY_BENCH_TORCH names; without it the figures that need torch are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

CONVERT = """
import hashlib, json, resource, sys, time
from pathlib import Path
from assay.fixes import fix_folder
folder, target, hook = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "hook"
files = []
for path in sorted(folder.iterdir()):
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        kind = "zip" if file.read(2) == b"PK" else "json" if path.suffix == ".json" else "pickle"
    files.append({"path": path.name, "sha256": digest, "format": kind, "size": path.stat().st_size})
seen = []
armed = False
bad = ("pickle.find_class", "os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect",
       "exec", "compile", "ctypes.dlopen", "marshal.loads")
def audit(event, args):
    if armed and event in bad:
        seen.append(event)
sys.addaudithook(audit)
fix_folder(folder, {"files": files, "findings": [], "facts": {}}, target=None, dry_run=True)  # imports what it needs
armed, started = hook, time.perf_counter()
report = fix_folder(folder, {"files": files, "findings": [], "facts": {}}, target=target)
took, armed = time.perf_counter() - started, False
print(json.dumps({"wall": took, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "seen": seen,
                  "refused": [item.why for item in report.refused], "changes": len(report.changes)}))
"""
RIVAL = """
import json, sys, time
import torch
from safetensors.torch import save_file
started = time.perf_counter()
state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
save_file({name: tensor.contiguous() for name, tensor in state.items()}, sys.argv[2])
print(json.dumps({"wall": time.perf_counter() - started}))
"""
MATRIX = """
import json, sys
from collections import OrderedDict
from pathlib import Path
import torch
out = Path(sys.argv[1])
dtypes = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint8, torch.bool, torch.complex64]
new = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2]
def some(dtype, *shape):
    return (torch.arange(torch.Size(shape).numel()) % 101).reshape(shape).to(dtype)
base = torch.arange(240, dtype=torch.float32)
strided = {"t": base.reshape(12, 20).t(), "step": base[::3], "window": base[7:31], "expand": base[:5].expand(4, 5),
           "permute": base.reshape(4, 5, 12).permute(2, 0, 1), "scalar": base[3], "empty": torch.empty(0, 4),
           "cl": base.reshape(2, 3, 5, 8).to(memory_format=torch.channels_last), "last": base[-1:]}
shared = torch.nn.Linear(6, 6)
inner = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3))
module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), inner)
model = torch.nn.Linear(5, 5)
optimizer = torch.optim.Adam(model.parameters())
model(torch.ones(1, 5)).sum().backward()
optimizer.step()
cases = {f"dtype-{str(d)[6:]}": {"w": some(d, 3, 5), "v": some(d, 7)} for d in dtypes + new}
cases |= {
    "strides": strided,
    "shared": OrderedDict(a=shared.weight, b=shared.weight, c=shared.weight[2:4], d=shared.bias),
    "parameters": OrderedDict(model.state_dict()),
    "nested": {"model": model.state_dict(), "epoch": 3, "lr": 0.5, "names": ["a", "b"], "none": None},
    "lightning": {"state_dict": model.state_dict(), "optimizer_states": [optimizer.state_dict()], "epoch": 1,
                  "hyper_parameters": {"lr": 0.1, "layers": [1, 2]}, "pytorch-lightning_version": "2.4.0"},
    "lists": {"stack": [torch.ones(2), (torch.zeros(3), torch.arange(4))],
              "by number": {0: torch.ones(1), 7: torch.ones(2)}},
    "module": module,
}
for name, value in cases.items():
    for layout, zipped in (("zip", True), ("legacy", False)):
        if layout == "legacy" and name.startswith("dtype-") and any(str(d)[6:] == name[6:] for d in new):
            continue
        place = out / f"{name}-{layout}"
        place.mkdir()
        torch.save(value, place / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
for layout, zipped in (("zip", True), ("legacy", False)):
    place = out / f"shards-{layout}"
    place.mkdir()
    names = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    for name, part in zip(names, ({"a": torch.ones(3)}, {"b": torch.arange(5), "c": base.reshape(12, 20).t()})):
        torch.save(part, place / name, _use_new_zipfile_serialization=zipped)
    index = {"metadata": {}, "weight_map": {"a": names[0], "b": names[1], "c": names[1]}}
    (place / "pytorch_model.bin.index.json").write_text(json.dumps(index))
"""
COMPARE = """
import json, sys
from pathlib import Path
import torch
from safetensors.torch import load_file
def flat(value, path):
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for key, inner in enumerate(value):
            yield from flat(inner, f"{path}.{key}" if path else str(key))
good, wrong = 0, []
for place in sorted(Path(sys.argv[1]).iterdir()):
    if place.name.endswith(".fixed"):
        continue
    want, have = {}, {}
    for file in place.glob("*.bin"):
        want |= dict(flat(torch.load(file, weights_only=False), ""))
    for file in place.with_name(place.name + ".fixed").glob("*.safetensors"):
        have |= load_file(file)
    for name, tensor in want.items():
        other = have.pop(name, None)
        same = other is not None and other.dtype == tensor.dtype and other.shape == tensor.shape and \
            other.contiguous().flatten().view(torch.uint8).equal(tensor.detach().contiguous().flatten().view(torch.uint8))
        good += same
        if not same:
            wrong.append(f"{place.name}: {name}")
    wrong += [f"{place.name}: {name} is new" for name in have]
print(json.dumps({"good": good, "wrong": wrong}))
"""
_SHELL = b"cposix\nsystem\n(S'true'\ntR0"


class Figure(NamedTuple):
    """One line of the answer."""

    name: str
    value: float
    unit: str
    target: str
    met: bool | None


def big(path: Path, size: int, tensors: int = 8) -> None:
    """Write a torch zip of `tensors` F32 tensors, `size` bytes in all, without torch."""
    each = size // tensors // 4
    body = b"\x80\x02}("
    for key in range(tensors):
        storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\n" + _text(str(key)) + _text("cpu") + _int(each) + b"tQ"
        body += _text(f"layer.{key}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + _int(0)
        body += b"(" + _int(each) + b"t(" + _int(1) + b"t\x89ccollections\nOrderedDict\n)RtR"
    piece = os.urandom(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", body + b"u.")
        for key in range(tensors):
            with archive.open(f"archive/data/{key}", "w") as member:
                for at in range(0, each * 4, len(piece)):
                    member.write(piece[: each * 4 - at])
        archive.writestr("archive/version", "3\n")


def _text(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _int(number: int) -> bytes:
    return b"J" + number.to_bytes(4, "little")


def hostile(folder: Path) -> list[Path]:
    """Write checkpoints whose loading would call a shell: in a zip, legacy, behind the pickle, in a module's state."""
    made = []
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\n" + _text("0") + _text("cpu") + _int(2) + b"tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + _int(0) + b"(" + _int(2) + b"t(" + _int(1)
    tensor += b"t\x89ccollections\nOrderedDict\n)RtR"
    bodies = {
        "before": b"\x80\x02" + _SHELL + b"}(" + _text("w") + tensor + b"u.",
        "value": b"\x80\x02}(" + _text("w") + tensor + _text("x") + _SHELL[:-1] + b"u.",
        "after": b"\x80\x02}(" + _text("w") + tensor + b"u.\x80\x02" + _SHELL[:-1] + b".",
        "build": b"\x80\x02}(" + _text("w") + tensor + _text("x") + b"cbuiltins\nexec\n(" + _text("1") + b"tRu.",
        "getattr": b"\x80\x02cbuiltins\ngetattr\n(cos\npath\n" + _text("join") + b"tR0}(" + _text("w") + tensor + b"u.",
    }
    for name, body in bodies.items():
        place = folder / f"hostile-{name}"
        place.mkdir()
        with zipfile.ZipFile(place / "pytorch_model.bin", "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("archive/data.pkl", body)
            archive.writestr("archive/data/0", bytes(8))
            archive.writestr("archive/version", "3\n")
        made.append(place)
    legacy = folder / "hostile-legacy"
    legacy.mkdir()
    (legacy / "pytorch_model.bin").write_bytes(
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}("
        + _text("little_endian")
        + b"\x88u." + bodies["value"].replace(b"tQ", b"NtQ") + b"\x80\x02](" + _text("0") + b"e."
        + (2).to_bytes(8, "little") + bytes(8)
    )  # fmt: skip
    return [*made, legacy]


def run(python: str, code: str, *arguments: str) -> dict[str, object]:
    """Run `code` in a process of its own and return the JSON of its last line."""
    done = subprocess.run([python, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1])) if done.stdout.strip() else {}


def convert(place: Path, hook: str = "") -> dict[str, object]:
    """Repair the folder `place` into `<name>.fixed`."""
    return run(sys.executable, CONVERT, str(place), f"{place}.fixed", hook)


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no target judged")
    quick = parser.parse_args().quick
    torch = os.environ.get("ASSAY_BENCH_TORCH")
    figures = []
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        root = Path(name)
        places = hostile(root)
        said = [convert(place, "hook") for place in places]
        for place, one in zip(places, said, strict=True):
            if not one["changes"]:
                raise SystemExit(f"{place.name} was not converted: {one['refused']}")
        ran = sum(len(one["seen"]) for one in said)  # type: ignore[arg-type]
        figures.append(Figure(f"executions over {len(places)} hostile checkpoints", ran, "", "0", ran == 0))
        if torch:
            figures += _equality(torch, root / "matrix")
            figures.append(_speed(torch, root / "speed", 16 << 20 if quick else 1 << 30, 1 if quick else 5))
        figures.append(_memory(root / "memory", 16 << 20 if quick else 4_000_000_000))
    lines = [one._replace(met=None if quick else one.met)._asdict() for one in figures]
    print(json.dumps({"bench": "convert", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


def _equality(torch: str, folder: Path) -> list[Figure]:
    folder.mkdir()
    run(torch, MATRIX, str(folder))
    for place in sorted(folder.iterdir()):
        for why in convert(place)["refused"]:  # type: ignore[attr-defined]
            print(f"{place.name}: {why}", file=sys.stderr)
    said = run(torch, COMPARE, str(folder))
    good, wrong = int(said["good"]), list(said["wrong"])  # type: ignore[call-overload]
    for line in wrong:
        print(f"differs: {line}", file=sys.stderr)
    share = 100 * good / (good + len(wrong))
    return [Figure(f"equal tensors of {good + len(wrong)}", round(share, 3), "%", "100", not wrong)]


def _speed(torch: str, folder: Path, size: int, runs: int) -> Figure:
    folder.mkdir()
    place = folder / "model"
    place.mkdir()
    big(place / "pytorch_model.bin", size)
    ratios = []
    for turn in range(runs + 1):
        ours = convert(place)
        rival = run(torch, RIVAL, str(place / "pytorch_model.bin"), str(folder / "rival.safetensors"))
        for made in (place.with_name("model.fixed") / "model.safetensors", folder / "rival.safetensors"):
            made.unlink()
        place.with_name("model.fixed").rmdir()
        if turn:  # the first brings the file into the page cache
            ratios.append(float(ours["wall"]) / float(rival["wall"]))  # type: ignore[arg-type]
    value = round(statistics.median(ratios), 3)
    return Figure("wall, 1 GB", value, "x torch.load + save_file", "<= 2", value <= 2)


def _memory(folder: Path, size: int) -> Figure:
    folder.mkdir()
    place = folder / "model"
    place.mkdir()
    big(place / "pytorch_model.bin", size)
    said = convert(place)
    if said["refused"]:
        raise SystemExit(f"the checkpoint was not converted: {said['refused']}")
    peak = float(said["peak"]) / 1e6  # type: ignore[arg-type]
    return Figure("peak memory at 4 GB", round(peak, 1), "MB", "<= 150", peak <= 150)


if __name__ == "__main__":
    raise SystemExit(main())
