"""Where a model comes from, and which terms of its parents reach it; pure functions over facts."""

from assay.lineage.parents import Lineage, Parent, lineage
from assay.lineage.terms import OWN, RESTRICTIVE, Term, Terms, terms

__all__ = ["OWN", "RESTRICTIVE", "Lineage", "Parent", "Term", "Terms", "lineage", "terms"]
