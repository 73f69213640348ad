"""Compute that members share: leases for evaluators, a queue that starves nobody, hours given and received."""

from __future__ import annotations

from assay.evals.pooling.asking import asked, model_digests, request_id
from assay.evals.pooling.course import MOST_RUNS, Outcome, Standing, Step, Stood, next_step, stood
from assay.evals.pooling.lease import Runner, Wanted, allowed, check_commitment, draw_runner, lease, wanted
from assay.evals.pooling.ledger import HALF_LIFE, Account, Entry, accounts, owed
from assay.evals.pooling.queue import FLOOR, Forecast, Request, forecast, next_request

__all__ = [
    "FLOOR",
    "HALF_LIFE",
    "MOST_RUNS",
    "Account",
    "Entry",
    "Forecast",
    "Outcome",
    "Request",
    "Runner",
    "Standing",
    "Step",
    "Stood",
    "Wanted",
    "accounts",
    "allowed",
    "asked",
    "check_commitment",
    "draw_runner",
    "forecast",
    "lease",
    "model_digests",
    "next_request",
    "next_step",
    "owed",
    "request_id",
    "stood",
    "wanted",
]
