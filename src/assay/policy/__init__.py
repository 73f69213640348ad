"""An adopter's own rules over a dossier -> a verdict with its grounds and what would change it."""

from assay.policy.decide import decide, explain
from assay.policy.load import Policy, Rule, load_policy, parse_policy, read_policy, shipped
from assay.policy.suppression import Suppression, Waived, waive
from assay.policy.verdict import Decision, Flip, Reason, Verdict

__all__ = [
    "Decision",
    "Flip",
    "Policy",
    "Reason",
    "Rule",
    "Suppression",
    "Verdict",
    "Waived",
    "decide",
    "explain",
    "load_policy",
    "parse_policy",
    "read_policy",
    "shipped",
    "waive",
]
