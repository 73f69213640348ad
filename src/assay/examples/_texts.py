"""Licence texts for examples: the ones that ship with the repairs, as plain data."""

from __future__ import annotations

from importlib import resources

__all__ = ["apache", "mit"]


def apache() -> str:
    """Return the Apache License 2.0."""
    return _text("Apache-2.0")


def mit(holder: str) -> str:
    """Return the MIT License for `holder`, which names years as well."""
    return _text("MIT").replace("<holder>", holder)


def _text(spdx: str) -> str:
    return (resources.files("assay") / "fixes" / "texts" / f"{spdx}.txt").read_text("utf-8")
