"""A lease: what a hub signs for one evaluator, and what it takes back under it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError, StatementError
from assay.evals.reproduction import conditions, round_id
from assay.statements.predicates.lease import TYPE
from assay.statements.statement import Statement, Subject, revision_subjects

__all__ = ["Runner", "Wanted", "allowed", "check_commitment", "draw_runner", "lease", "wanted"]

_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Wanted(NamedTuple):
    """One benchmark to be run on one model, as everyone in its round must run it."""

    request: str
    """SHA-256 of what asks for it, in hex; it opens the round."""
    benchmark: dict[str, JSON]
    """`id` and the three digests."""
    model: dict[str, str]
    """`dirhash` and `weights_digest`."""
    conditions: str

    @property
    def round(self) -> str:
        """Id of the round."""
        return round_id(self.conditions, self.model["weights_digest"], self.request)


class Runner(NamedTuple):
    """Who can be asked; operator and processor are as the hub registered them, not as a result says."""

    keyid: str
    operator: str
    processor: str


def wanted(request: str, predicate: Mapping[str, JSON]) -> Wanted:
    """Return what is wanted of everyone in a round; `predicate` is a result of the same kind, or the first one's.

    Of a result it takes `benchmark`, `model`, `sampling`, `samples` (how many, and the digest of their ids) and the
    names in `metrics`; a hub that has none yet writes these from the benchmark.

    Raises:
        StatementError: the model is asked at an address, and cannot be run by others.
    """
    benchmark, model = predicate["benchmark"], predicate["model"]
    if "endpoint" in model:
        raise StatementError("a model that is asked at an address cannot be run by others")
    named = {name: benchmark[name] for name in ("id", "manifest_digest", "dataset_digest", "scorer_digest")}
    return Wanted(request, named, {name: model[name] for name in ("dirhash", "weights_digest")}, conditions(predicate))


def lease(
    asked: Wanted, keyid: str, part: str, *, expires: datetime, fence: int, samples: Iterable[str] | None = None
) -> Statement:
    """Return the statement for the hub to sign; a later lease of the same part has a higher `fence`.

    Raises:
        EvaluationError: `expires` names no time zone.
    """
    if expires.tzinfo is None:
        raise EvaluationError("a lease ends at a time of a known zone")
    said: dict[str, JSON] = {
        "request": asked.request,
        "round": asked.round,
        "conditions": asked.conditions,
        "part": part,
        "keyid": keyid,
        "benchmark": asked.benchmark,
        "model": asked.model,
        "samples": None if samples is None else sorted(samples),
        "expires": expires.astimezone(UTC).strftime(_TIME),
        "fence": fence,
    }
    subjects = (
        *revision_subjects(asked.model["dirhash"], None),
        Subject(f"benchmark {asked.benchmark['id']}", {"sha256": asked.benchmark["manifest_digest"]}),
    )
    return Statement(TYPE, subjects, said)


def check_commitment(
    held: Mapping[str, JSON], committed: Mapping[str, JSON], signers: Collection[str], *, now: datetime, fence: int
) -> None:
    """Check that a commitment that arrives `now` was made under the lease `held`, the newest of which has `fence`.

    Raises:
        StatementError: it was made by another key, for something else, or too late.
    """
    if held["keyid"] not in signers or committed["keyid"] != held["keyid"]:
        raise StatementError("the lease is another evaluator's", hint="Commit with the key that it was given to.")
    for name in ("round", "conditions", "model"):
        if committed[name] != held[name]:
            raise StatementError(f"the commitment is about another {name} than the lease")
    if committed["opened_by"] != held["request"]:
        raise StatementError("the commitment is about another request than the lease")
    if held["fence"] != fence:
        raise StatementError("the lease was given to someone else meanwhile", hint="Ask for another.")
    if now > datetime.strptime(held["expires"], _TIME).replace(tzinfo=UTC):
        raise StatementError(f"the lease ended at {held['expires']}", hint="Ask for another.")


def allowed(part: str, runner: Runner, taken: Collection[Runner], asker: str) -> bool:
    """Whether a runner may take a part of a round in which those `taken` have parts already.

    Nobody has two parts, neither by another key of the same operator; who asked may run it first and no more; what
    differed is settled on the processor of the first.
    """
    if runner.operator in {one.operator for one in taken}:
        return False
    if part == "run":
        return True
    return runner.operator != asker


def draw_runner(part: str, seed: str, runners: Iterable[Runner], taken: Sequence[Runner], asker: str) -> Runner | None:
    """Return who the lot falls on; None when nobody may. `seed` is that of `audit_seed` for the first's commitment.

    The first of `taken` is who ran it first: what differed is settled by one with that processor if there is one.
    """
    free = [one for one in runners if allowed(part, one, taken, asker)]
    alike = [one for one in free if part == "settle" and taken and one.processor == taken[0].processor]
    tickets = ((hashlib.sha256(f"{seed} {part} {one.keyid}".encode()).digest(), one) for one in alike or free)
    return min(tickets, default=(b"", None))[1]
