"""Statements about one revision, folded into five axes and the facts that policies ask about; pure."""

from assay.dossier.axes import AxisState
from assay.dossier.evidence import Evidence, Sourced
from assay.dossier.fold import Dossier, fold, settle
from assay.dossier.said import ASSESSMENT, CLAIM, RESULT, Result, Said

__all__ = [
    "ASSESSMENT",
    "CLAIM",
    "RESULT",
    "AxisState",
    "Dossier",
    "Evidence",
    "Result",
    "Said",
    "Sourced",
    "fold",
    "settle",
]
