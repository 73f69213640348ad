"""Golden files: what a person reads, kept as text and compared; `ASSAY_GOLDEN=rewrite` writes them anew."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent / "golden"


def assert_golden(path: str, text: str) -> None:
    """Compare `text` with the file `tests/golden/<path>`; the difference is shown, and reviewed when rewritten."""
    file = _FOLDER / path
    if os.environ.get("ASSAY_GOLDEN") == "rewrite":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
        return
    if not file.is_file():
        pytest.fail(f"tests/golden/{path} is missing; write it with: make golden")
    kept = file.read_bytes().decode("utf-8")
    if text != kept:
        lines = difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="", n=2)
        pytest.fail(f"tests/golden/{path} differs; if that is meant: make golden\n" + "\n".join(lines), pytrace=False)
