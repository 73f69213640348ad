"""Repairs that are safe to make: one file per repair, found by folder; nothing that is repaired is executed.

`fix_folder` plans every repair for a folder and applies what can be applied. What cannot be repaired without losing
something, or without a decision that only a person can make, is refused with the reason.
"""

from __future__ import annotations

from assay.fixes._folder import FixReport, beside, fix_folder
from assay.fixes._plan import Change, Fix, Job, Refusal, fixes

__all__ = ["Change", "Fix", "FixReport", "Job", "Refusal", "beside", "fix_folder", "fixes"]
