"""Folders that are too deep, too wide, go round in circles, or have names that cost.

Written from CWE-61, CWE-400, CWE-407, CWE-674, POSIX path resolution and Unicode TR15.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from samples.denial import Load

__all__ = ["loads"]

_WEIGHTS = b"\x08\0\0\0\0\0\0\0{}      "


def _circle(folder: Path) -> None:
    (folder / "a").mkdir()
    for name in ("up", "again", "third"):
        (folder / "a" / name).symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "model.safetensors").write_bytes(_WEIGHTS)


def _chain(folder: Path) -> None:
    (folder / "l0").write_bytes(_WEIGHTS)
    for number in range(1, 3000):
        (folder / f"l{number}").symlink_to(f"l{number - 1}")


def _deep(folder: Path, levels: int, name: str) -> None:
    """Make folders one in another, past what a path may be long."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=at)
        inner = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    file = os.open("m.json", os.O_WRONLY | os.O_CREAT, dir_fd=at)
    os.write(file, b"{}")
    os.close(file)
    os.close(at)


def _wide(folder: Path) -> None:
    for number in range(5_000):
        (folder / f"{number}.bin").write_bytes(b"")


def _folders(folder: Path) -> None:
    for number in range(5_000):
        (folder / f"{number}").mkdir()


def _configs(folder: Path) -> None:
    for number in range(4000):
        (folder / f"{number}.json").write_text(f'{{"auto_map": {{"AutoModel": "m{number}.M"}}}}')


def _scripts(folder: Path) -> None:
    for number in range(1500):
        (folder / f"m{number}.py").write_text(
            f"from .m{(number + 1) % 1500} import f{number}\n\n\ndef g(x):\n    return x\n"
        )
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "m0.M"}}')


def _names(folder: Path) -> None:
    marks = "\u202e\u200b" + "\u0315\u0300" * 40 + "\ufdfa"
    for number in range(2000):
        (folder / f"{number}{marks}.json").write_bytes(b"{}")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "config.json")
    (folder / "model.safetensors").write_bytes(_WEIGHTS)


def _sockets_and_devices(folder: Path) -> None:
    (folder / "model.safetensors").symlink_to("/dev/zero")
    (folder / "config.json").symlink_to("/proc/self/fd")
    (folder / "m.bin").symlink_to("/dev/stdin")


def loads() -> Iterator[Load]:
    """Yield each folder."""
    for name, make, source in (
        ("tree-circle", _circle, "CWE-61; CWE-674"),
        ("tree-link-chain", _chain, "POSIX ELOOP"),
        ("tree-deep", lambda folder: _deep(folder, 2000, "dd"), "CWE-674"),
        ("tree-deep-short", lambda folder: _deep(folder, 1500, "d"), "CWE-674"),
        ("tree-wide", _wide, "CWE-400"),
        ("tree-folders", _folders, "CWE-400"),
        ("tree-configs", _configs, "CWE-407"),
        ("tree-scripts", _scripts, "CWE-407"),
        ("tree-names", _names, "Unicode TR15; CWE-407"),
        ("tree-pipe", _pipe, "CWE-400"),
        ("tree-devices", _sockets_and_devices, "CWE-61"),
    ):
        yield Load(name, make, source)
