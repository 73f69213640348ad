"""Eight probes of what a model can be made to do, scored by rules alone: `assay-security-baseline/1`."""

from __future__ import annotations

from assay.evals.baseline.probe import Judgement, Probe, ProbeItem
from assay.evals.baseline.report import SUITE, BaselineReport, ProbeReport, baseline_report, report
from assay.evals.baseline.suite import SCORER, SEED, items_of, probe_named, probe_of, probes, write_suite
from assay.evals.baseline.tally import BaselineTally

__all__ = [
    "SCORER",
    "SEED",
    "SUITE",
    "BaselineReport",
    "BaselineTally",
    "Judgement",
    "Probe",
    "ProbeItem",
    "ProbeReport",
    "baseline_report",
    "items_of",
    "probe_named",
    "probe_of",
    "probes",
    "report",
    "write_suite",
]
