"""Where a model comes from, and which terms of its parents reach it; pure functions over facts."""

from assay.lineage.bound import RESTRICTIVE
from assay.lineage.edges import EdgeConflict, conflicts_above, merge_clashes
from assay.lineage.parents import Lineage, Parent, lineage
from assay.lineage.terms import OWN, Term, Terms, terms
from assay.lineage.tree import Edge, Effective, Node, effective, effective_of

__all__ = [
    "OWN",
    "RESTRICTIVE",
    "Edge",
    "EdgeConflict",
    "Effective",
    "Lineage",
    "Node",
    "Parent",
    "Term",
    "Terms",
    "conflicts_above",
    "effective",
    "effective_of",
    "lineage",
    "merge_clashes",
    "terms",
]
