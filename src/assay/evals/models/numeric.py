"""numpy, where it is installed."""

from __future__ import annotations

from types import ModuleType

from assay.errors import MissingExtraError

__all__ = ["load_numpy"]


def load_numpy() -> ModuleType:
    """Return numpy.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import numpy  # noqa: PLC0415, ICN001 - optional
    except ImportError as error:
        raise MissingExtraError.of("numpy", "eval") from error
    return numpy
