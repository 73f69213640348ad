"""Compute that members share: leases for evaluators, a queue that starves nobody, hours given and received."""

from __future__ import annotations

from assay.evals.pooling.lease import Runner, Wanted, allowed, check_commitment, draw_runner, lease, wanted
from assay.evals.pooling.ledger import HALF_LIFE, Account, Entry, accounts, owed
from assay.evals.pooling.queue import FLOOR, Forecast, Request, forecast, next_request

__all__ = [
    "FLOOR",
    "HALF_LIFE",
    "Account",
    "Entry",
    "Forecast",
    "Request",
    "Runner",
    "Wanted",
    "accounts",
    "allowed",
    "check_commitment",
    "draw_runner",
    "forecast",
    "lease",
    "next_request",
    "owed",
    "wanted",
]
