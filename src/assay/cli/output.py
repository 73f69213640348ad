"""Where a report goes: to the terminal in its colours and width, or whole into a file."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from assay.canonical import JSON
from assay.errors import UsageError
from assay.reports import RuleNote, render

__all__ = ["counted", "show", "write_whole"]


def show(scan: dict[str, JSON], format_: str, output: str | None) -> None:
    """Render an `assay.scan/v1` object and print it, or write it to the file `output`.

    Raises:
        UsageError: there is no such format, or the file cannot be written.
    """
    to_terminal = output is None and sys.stdout.isatty()
    text = render(
        format_,
        scan,
        color=to_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        width=min(shutil.get_terminal_size().columns, 100) if to_terminal else 80,
        unicode=output is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
        rules=_RuleNotes(),
    )
    if output is not None:
        write_whole(Path(output), text.encode(errors="backslashreplace"))
        return
    if format_ != "text" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # what programs read, whatever the terminal speaks
    sys.stdout.write(text)


class _RuleNotes(Mapping[str, RuleNote]):
    """What there is to say about every rule; loaded by the first format that asks."""

    def __getitem__(self, rule: str) -> RuleNote:
        return self._notes[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._notes)

    def __len__(self) -> int:
        return len(self._notes)

    @cached_property
    def _notes(self) -> dict[str, RuleNote]:
        from assay.checks import checks  # noqa: PLC0415  # all checks and their data

        return {
            one.rule.id: RuleNote(title=one.rule.title, page=one.page, severity=one.rule.severity.value)
            for one in checks()
        }


def counted(number: int, noun: str) -> str:
    """Return `1 statement` or `4 statements`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either whole or not there; a pipe or a device is written to as it is.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb", buffering=0) as device:
                device.write(data)
        else:
            _replace(path, data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="Name another place with -o.") from error


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".assay-", delete=False) as draft:
        try:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(draft.fileno(), 0o666 & ~mask)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
