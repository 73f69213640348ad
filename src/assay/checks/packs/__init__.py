"""Rule packs: detection that a member contributes as data, applied to observations beside our own checks.

Nothing a pack says turns an axis: what it finds stands apart, under its name, for policies to ask about.
"""

from __future__ import annotations

from assay.checks.packs.apply import apply_packs, judged_by
from assay.checks.packs.match import Condition, Steps
from assay.checks.packs.pack import LARGEST, PackRule, PackSample, RulePack, parse_pack

__all__ = [
    "LARGEST",
    "Condition",
    "PackRule",
    "PackSample",
    "RulePack",
    "Steps",
    "apply_packs",
    "judged_by",
    "parse_pack",
]
