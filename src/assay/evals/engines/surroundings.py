"""What stands around an engine while it runs: no network, no telemetry, and nothing of the caller's settings for it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

__all__ = ["confined"]

_THEIRS = ("HF_", "INSPECT_", "LMEVAL_", "LM_HARNESS_")
"""How the settings begin by which somebody else may have told an engine what to do, or whom to report to."""
_OURS = {
    "DO_NOT_TRACK": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "INSPECT_TRACE_LEVEL": "CRITICAL",
    "PYTHON_DOTENV_DISABLED": "1",
    "TQDM_DISABLE": "1",
}
_FOLDERS = ("HF_HOME", "HOME", "PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
# PATH: no program is there to be started. inspect_ai would ask git about the folder that one happens to stand in, whose
# settings can name other programs.


@contextmanager
def confined() -> Iterator[Path]:
    """Yield an empty folder for all that an engine writes, gone afterwards; the environment is then as it was.

    An engine is imported in here too, for some settings are read only then. What it prints is dropped: of what fails,
    its adapter raises an error. All of it holds for the whole process, so nothing else may go on beside it.
    """
    before, hook, place = dict(os.environ), sys.excepthook, tempfile.tempdir
    with (
        tempfile.TemporaryDirectory(prefix="assay-engine-") as name,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        for key in before:
            if key.startswith(_THEIRS):
                del os.environ[key]
        os.environ.update(_OURS | dict.fromkeys(_FOLDERS, name))
        tempfile.tempdir = name
        try:
            yield Path(name)
        finally:
            os.environ.clear()
            os.environ.update(before)
            sys.excepthook, tempfile.tempdir = hook, place
