"""Judges a 100 GB revision over HTTP: how many bytes that takes, and whether the findings are those of a full scan.

The files are sparse, so the disk holds a few megabytes. A twin with the same files and small tensors is scanned
twice, from its folder and over HTTP: wherever both judged a file, they must have found the same.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urljoin
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
SHARDS, TENSORS = 20, 180
LIMIT = 20_000_000
CARD = b"---\nlicense: apache-2.0\nbase_model: example/base\n---\n# A large model\n\nMade of holes.\n"
CODE = b"import torch\n\n\ndef place(model):\n    return model.to(torch.device('cuda:0')).cuda()\n"
LICENCE = b"Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/\n"


class Scan(NamedTuple):
    """What one run of the command gave."""

    answer: dict
    seconds: float


def write_revision(folder: Path, columns: int, storage: int) -> int:
    """Write the revision with tensors of 4096 x `columns` and torch storages of `storage` bytes; return its size."""
    names = [f"model-{number + 1:05}-of-{SHARDS:05}.safetensors" for number in range(SHARDS)]
    weight_map = {}
    for number, name in enumerate(names):
        tensors = [f"model.layers.{number * 8 + index // 24}.block.{index % 24}.weight" for index in range(TENSORS)]
        weight_map |= dict.fromkeys(tensors, name)
        write_safetensors(folder / name, tensors, columns)
    index = {"metadata": {"total_size": SHARDS * TENSORS * 4096 * columns * 2}, "weight_map": weight_map}
    small = {
        "config.json": json.dumps({"architectures": ["LlamaForCausalLM"], "torch_dtype": "bfloat16"}).encode(),
        "model.safetensors.index.json": json.dumps(index, indent=1).encode(),
        "README.md": CARD,
        "LICENSE": LICENCE,
        "modeling_large.py": CODE,
        "tokenizer.json": json.dumps({"model": {"vocab": {f"token{n}": n for n in range(20_000)}}}).encode(),
        # Would call a shell if it were loaded; nothing here loads it.
        "training_args.bin": b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.",
    }
    for name, data in small.items():
        (folder / name).write_bytes(data)
    write_torch(folder / "optimizer.pt", storage)
    return sum(path.stat().st_size for path in folder.iterdir())


def write_safetensors(path: Path, tensors: list[str], columns: int) -> None:
    """Write a header that is true, and a hole for the tensors."""
    size = 4096 * columns * 2
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    for number, name in enumerate(tensors):
        offsets = [number * size, (number + 1) * size]
        table[name] = {"dtype": "BF16", "shape": [4096, columns], "data_offsets": offsets}
    header = json.dumps(table, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + len(tensors) * size)


def torch_pickle(elements: int) -> bytes:
    """Return the opcodes of a state dict with two tensors, as torch writes them."""

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def whole(value: int) -> bytes:
        data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(data)]) + data

    def tensor(name: str, key: str) -> bytes:
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + whole(elements) + b"tQ"
        shape = whole(elements) + b"\x85" + b"K\x01\x85"
        hooks = b"ccollections\nOrderedDict\n)R"
        return (
            text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + shape + b"\x89" + hooks + b"tR"
        )

    return b"\x80\x02}(" + tensor("first", "0") + tensor("second", "1") + b"u."


def write_torch(path: Path, storage: int) -> None:
    """Write a torch archive whose two storages are holes of `storage` bytes, in zip64 where the sizes ask for it."""
    zeros = crc_of_zeros(storage)
    members: list[tuple[str, bytes | None]] = [
        ("optimizer/data.pkl", torch_pickle(storage // 4)),
        ("optimizer/byteorder", b"little"),
        ("optimizer/data/0", None),
        ("optimizer/data/1", None),
        ("optimizer/version", b"3\n"),
    ]
    with path.open("wb") as file:
        directory = b"".join(
            write_member(file, name.encode(), storage if data is None else len(data), data, zeros)
            for name, data in members
        )
        write_directory(file, directory, len(members))


def write_member(file: BinaryIO, name: bytes, size: int, data: bytes | None, zeros: int) -> bytes:
    """Write one stored member, a hole when `data` is None; return its line of the directory."""
    start = file.tell()
    crc = zeros if data is None else zlib.crc32(data)
    big = size >= 2**32 - 1
    short = 2**32 - 1 if big else size
    local_extra = struct.pack("<HHQQ", 1, 16, size, size) if big else b""
    common = struct.pack("<HHHHHIII", 45, 0, 0, 0, 0x21, crc, short, short)
    file.write(b"PK\x03\x04" + common + struct.pack("<HH", len(name), len(local_extra)) + name + local_extra)
    if data is None:
        file.truncate(file.tell() + size)
        file.seek(0, 2)
    else:
        file.write(data)
    wide = ([size, size] if big else []) + ([start] if start >= 2**32 - 1 else [])
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    offset = min(start, 2**32 - 1)
    tail = struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, offset)
    return b"PK\x01\x02" + struct.pack("<H", 45) + common + tail + name + extra


def write_directory(file: BinaryIO, directory: bytes, count: int) -> None:
    """Write the directory and what ends an archive."""
    start = file.tell()
    file.write(directory)
    if start >= 2**32 - 1:
        end = file.tell()
        file.write(b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), start))
        file.write(b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1))
    file.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), min(start, 2**32 - 1), 0))


def crc_of_zeros(length: int) -> int:
    """Return the CRC-32 of `length` zero bytes."""
    piece = bytes(16 * 1024 * 1024)
    crc = 0
    while length > 0:
        crc = zlib.crc32(piece[: min(length, len(piece))], crc)
        length -= len(piece)
    return crc


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` from a process of its own; yield the address of the repo."""
    command = [sys.executable, str(ROOT / "tests" / "make" / "fake_hub.py"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def scan(what: str) -> Scan:
    """Run the command that people run."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "assay", "scan", what, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"scan of {what} ended with {done.returncode}:\n{done.stderr}")
    return Scan(json.loads(done.stdout), time.perf_counter() - started)


def findings(answer: dict, *keys: str, without: set[str] = frozenset()) -> set[str]:
    """Return what was found, but for files in `without`."""
    return {
        json.dumps([finding[key] for key in keys]) for finding in answer["findings"] if finding["file"] not in without
    }


def unread(answer: dict) -> set[str]:
    """Return the files that were not judged."""
    return {line["file"] for line in answer["not_judged"]}


def main() -> None:
    """Measure, and print one line of JSON."""
    quick = "--quick" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        twin, large = Path(scratch, "twin"), Path(scratch, "large")
        twin.mkdir()
        large.mkdir()
        write_revision(twin, 16, 64 * 1024)
        size = write_revision(large, *((64, 1024**2) if quick else (3072, 5 * 1024**3)))
        with served(twin) as address:
            local, remote = scan(str(twin)), scan(address)
        with served(large) as address:
            afar = scan(address)
            with urlopen(urljoin(address, "/sent")) as answer:
                sent = json.load(answer)
    skipped = unread(local.answer) | unread(remote.answer)
    exact = ("rule", "outcome", "severity", "file", "location", "message")
    differing = findings(local.answer, *exact, without=skipped) ^ findings(remote.answer, *exact, without=skipped)
    rough = ("rule", "outcome", "severity", "file")
    skipped = unread(local.answer) | unread(afar.answer)
    differing |= findings(local.answer, *rough, without=skipped) ^ findings(afar.answer, *rough, without=skipped)
    for line in sorted(differing):
        print("only on one side:", line, file=sys.stderr)
    not_judged = len(unread(afar.answer) - unread(local.answer))
    figures = [
        figure("bytes fetched", sent["bytes"] / 1e6, "MB", f"<= {LIMIT / 1e6:g}", met=sent["bytes"] <= LIMIT),
        figure("findings that differ", len(differing), "findings", "== 0", met=not differing),
        figure("files judged only locally", not_judged, "files", "== 0", met=not_judged == 0),
        figure("size of the revision", size / 1e9, "GB", ">= 100", met=size >= 100e9),
        figure("requests", sent["requests"], "requests"),
        figure("time", afar.seconds, "s"),
    ]
    if quick:
        figures = [{**one, "met": None} for one in figures]
    print(json.dumps({"bench": "remote", "figures": figures}))
    raise SystemExit(int(any(one["met"] is False for one in figures)))


def figure(name: str, value: float, unit: str, target: str | None = None, *, met: bool | None = None) -> dict:
    """Return one figure of the report."""
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target, "met": met}


if __name__ == "__main__":
    main()
