"""Examples in pages: finds them, runs a page's in one new folder, and compares what comes with what is written.

A ```console block holds lines `$ command`, each followed by what it prints; CONTRIBUTING.md describes the form.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(\S*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXITS = re.compile(r"# exits (\d+)")
_WILD = re.compile(r"\.\.\.|…")
_SECONDS = 60


class Command(NamedTuple):
    """One `$` line and what is written below it."""

    line: int
    text: str
    expected: tuple[str, ...]
    code: int


class NewFile(NamedTuple):
    """A block that the reader is told to save."""

    line: int
    name: str
    text: str


def steps(page: str) -> Iterator[Command | NewFile]:
    """Yield what a reader of the page does, in order: ```console blocks, and blocks marked `file=NAME`."""
    for match in _FENCE.finditer(page):
        line = page.count("\n", 0, match.start()) + 2
        if match[2].startswith("file="):
            yield NewFile(line, match[2].removeprefix("file="), match[3])
        elif match[1] == "console":
            yield from _commands(match[3].splitlines(), line)


def _commands(lines: list[str], first: int) -> Iterator[Command]:
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0]:
        raise ValueError(f"line {first}: a console block begins with `$ command`")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text, below = lines[start][2:], start + 1
        while below < end and lines[below].startswith("> "):
            text, below = f"{text}\n{lines[below][2:]}", below + 1
        expected = [line for line in lines[below:end] if not _EXITS.fullmatch(line)]
        codes = [int(match[1]) for line in lines[below:end] if (match := _EXITS.fullmatch(line))]
        while expected and not expected[-1]:
            expected.pop()
        yield Command(first + start, text, tuple(expected), codes[0] if codes else 0)


def fits(expected: tuple[str, ...], actual: str) -> bool:
    """Say whether what was printed is what is written, where a line `...` is any lines and `…` in a line anything."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else f"{_line(line)}\n" for line in expected)
    printed = "".join(f"{line.rstrip()}\n" for line in actual.rstrip().splitlines())
    return re.fullmatch(pattern, printed) is not None


def _line(line: str) -> str:
    return ".*".join(map(re.escape, _WILD.split(line.rstrip())))


def play(page: str, folder: Path) -> None:
    """Do what the page says, in `folder`.

    Raises:
        AssertionError: a command printed something else, or ended otherwise.
    """
    for step in steps(page):
        if isinstance(step, NewFile):
            (folder / step.name).write_text(step.text, "utf-8")
            continue
        done = subprocess.run(
            ["sh", "-c", step.text],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        printed = done.stdout.decode()
        if done.returncode != step.code or not fits(step.expected, printed):
            written = "\n".join(step.expected)
            raise AssertionError(
                f"line {step.line}: $ {step.text}\n--- written, exit {step.code}\n{written}\n"
                f"--- printed, exit {done.returncode}\n{printed}"
            )


def _environment(folder: Path) -> dict[str, str]:
    home = folder.parent / "home"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    kept = {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    plain = {"NO_COLOR": "1", "COLUMNS": "80", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **plain, "PATH": path, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
