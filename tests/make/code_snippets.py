"""Labelled snippets of repo code: what flaw each has, or that it has none; data for tests and `bench/code_flaws.py`."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.make import code_snippets_flawed, code_snippets_sound


class Snippet(NamedTuple):
    """A piece of Python, never executed."""

    name: str
    cwe: int | None
    """None: sound."""
    source: str


def snippets() -> list[Snippet]:
    """Return all snippets, flawed ones first."""
    flawed = [Snippet(f"{cwe} {name}", int(cwe), source) for cwe, name, source in _split(code_snippets_flawed.TEXT)]
    sound = [Snippet(name, None, source) for _, name, source in _split(code_snippets_sound.TEXT)]
    return flawed + sound


def _split(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^### (?:(\d+) )?([^\n]+)\n(.*?)(?=^### |\Z)", text, re.DOTALL | re.MULTILINE)
