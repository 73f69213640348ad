"""Results that others ran again: commit and reveal, agreement, audit by lot, and the trust that comes of it."""

from __future__ import annotations

from assay.evals.reproduction.agreement import (
    MARGIN,
    Agreement,
    Discordant,
    Kind,
    Side,
    agreement_statement,
    by_roots,
    compare,
    settled,
)
from assay.evals.reproduction.audit import (
    DRAWN,
    Audit,
    Checkpoint,
    audit,
    audit_seed,
    detection,
    drawn,
    first_after,
    tolerated,
    verify_drawn,
)
from assay.evals.reproduction.auditing import audit_statement, heard
from assay.evals.reproduction.conditions import conditions, differences, round_id
from assay.evals.reproduction.fresh import fresh_files, fresh_manifest_digest
from assay.evals.reproduction.held import Held, copyable
from assay.evals.reproduction.leaves import AnswerLeaf, from_log, leaves_of, plain_root
from assay.evals.reproduction.rounds import Contribution, Placed, Round, commit, gather, open_up
from assay.evals.reproduction.sealing import Binding, Opening, opening, sealed_root, verify_opening, verify_reveal
from assay.evals.reproduction.trust import Level, Other, Trust, recomputed, side_by_side, trust

__all__ = [
    "DRAWN",
    "MARGIN",
    "Agreement",
    "AnswerLeaf",
    "Audit",
    "Binding",
    "Checkpoint",
    "Contribution",
    "Discordant",
    "Held",
    "Kind",
    "Level",
    "Opening",
    "Other",
    "Placed",
    "Round",
    "Side",
    "Trust",
    "agreement_statement",
    "audit",
    "audit_seed",
    "audit_statement",
    "by_roots",
    "commit",
    "compare",
    "conditions",
    "copyable",
    "detection",
    "differences",
    "drawn",
    "first_after",
    "fresh_files",
    "fresh_manifest_digest",
    "from_log",
    "gather",
    "heard",
    "leaves_of",
    "open_up",
    "opening",
    "plain_root",
    "recomputed",
    "round_id",
    "sealed_root",
    "settled",
    "side_by_side",
    "tolerated",
    "trust",
    "verify_drawn",
    "verify_opening",
    "verify_reveal",
]
