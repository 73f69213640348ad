"""How open a licence is, what it restricts and where it says so, and what comes down from parents."""

from assay.openness.clauses import Clause, LicenceFacts, copyleft, licence_facts, may_become
from assay.openness.inherit import OPEN, Conflict, conflicts, is_open, reach
from assay.openness.merge import Clash, Part, clashes, common_licence
from assay.openness.restrictions import DENIALS, Restriction, restrictions

__all__ = [
    "DENIALS",
    "OPEN",
    "Clash",
    "Clause",
    "Conflict",
    "LicenceFacts",
    "Part",
    "Restriction",
    "clashes",
    "common_licence",
    "conflicts",
    "copyleft",
    "is_open",
    "licence_facts",
    "may_become",
    "reach",
    "restrictions",
]
