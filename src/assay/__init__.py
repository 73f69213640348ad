"""Assay: open models with evidence that travels."""

__all__ = ["__version__"]

__version__ = "0.1.0"
