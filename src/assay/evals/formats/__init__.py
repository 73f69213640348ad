"""Results in the forms of others: written for cards and stores of results, read from what other engines left behind."""

from __future__ import annotations

from assay.evals.formats.exported import Exported

__all__ = ["Exported"]
