"""A runner: takes leases from a hub, runs what they name in a child, commits, waits until all have, and reveals.

What is needed to go on after a kill lies in its folder: the journal of the run under way, and for each commitment its
salt and what opens it, written before it is sent.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from assay.artifact.sources.hub_address import HubAddress
from assay.canonical import JSON
from assay.errors import AssayError, EvaluationError, RemoteError, StatementError, StoreError
from assay.evals.journal import Journal, log_place
from assay.evals.pooling import asked
from assay.evals.reproduction import commit, from_log, open_up
from assay.evals.reproduction.sealing import SALT_BYTES
from assay.isolate.evaluating import Asking, evaluate_isolated, open_benchmark
from assay.isolate.evaluating_model import Confined
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.predicates import lease, validate
from assay.statements.statement import Statement
from assay.worker.model_fetch import fetch_model
from assay.worker.pool_client import PoolClient

__all__ = ["DISK", "Answered", "PoolRunner", "Work"]

DISK = 20 * 1024**3
"""Bytes of models that are kept at once."""
_LOG = logging.getLogger("assay.worker")
_RENEW = 600.0
"""Seconds after which a lease is renewed while its run goes on."""


class Work(NamedTuple):
    """A lease whose signature holds."""

    number: int
    repo: str
    commit: str
    benchmark: str
    predicate: dict[str, JSON]


class Answered(NamedTuple):
    """What came of a run."""

    statement: Statement
    log: bytes


class PoolRunner:
    """Does what a hub asks of the key; one process for each folder."""

    def __init__(
        self,
        client: PoolClient,
        key: PrivateKey,
        folder: Path,
        *,
        confined: Confined | None = None,
        disk: int = DISK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.key = key
        self._folder = folder
        self._confined = confined or Confined()
        self._disk = disk
        self._clock = clock
        self._renewed = 0.0

    def run_until_idle(self) -> int:
        """Do all there is to do now, and return how many runs that were; what waits for others is left waiting.

        Raises:
            RemoteError: the hub does not answer, or gives this runner no work.
        """
        done = 0
        while True:
            self.reveal_due()
            told = self.client.take(self.key.public.keyid)
            if told is None:
                return done
            done += self._do(told)
            self.reveal_due()

    def run(self, stop: Callable[[float], bool], poll: float = 30.0) -> None:
        """Work until `stop`, which waits for so many seconds, says so; a hub that is away is asked again."""
        while True:
            try:
                self.run_until_idle()
            except RemoteError as error:
                _LOG.warning("%s", error)
            if stop(poll):
                return

    def reveal_due(self) -> None:
        """Send again what may not have arrived, reveal what may be revealed, and forget what is over.

        Raises:
            RemoteError: the hub does not answer.
        """
        for place in sorted(self._folder.glob("commitments/*.json")):
            try:
                over = self._reveal(place, int(place.stem))
            except (StatementError, StoreError) as error:
                _LOG.error("%s", error)
                over = True
            if over:
                place.with_suffix(".jsonl").unlink(missing_ok=True)
                place.unlink()

    def _reveal(self, place: Path, number: int) -> bool:
        """Do what is due for a commitment; return whether it is over."""
        kept, now = json.loads(place.read_bytes()), self.client.lease(number)
        if now["state"] == "held":
            self.client.commit(number, kept["commitment"].encode())
            return False
        if now["may_reveal"]:
            log = place.with_suffix(".jsonl").read_bytes()
            self.client.reveal(number, result=kept["result"].encode(), reveal=kept["reveal"].encode(), log=log)
            _LOG.info("revealed %d", number)
        return bool(now["may_reveal"] or now["state"] != "committed")

    def answer(self, work: Work, journal: Path) -> Answered:
        """Return what the model of a lease answers.

        Raises:
            AssayError: it cannot be fetched or run, or is another one.
        """
        suite = open_benchmark(work.benchmark)
        wanted = asked(work.predicate["request"], suite, work.predicate["model"])
        if (wanted.conditions, wanted.round) != (work.predicate["conditions"], work.predicate["round"]):
            raise EvaluationError(
                f"the hub has another {work.benchmark} than this version", hint="Use the version that the hub has."
            )
        address = HubAddress(self.client.url, work.repo, work.commit)
        model = fetch_model(
            address, work.predicate["model"], self._folder / "models", token=self.client.token, most_bytes=self._disk
        )
        with Journal(journal) as kept:
            done = evaluate_isolated(
                model, suite, Asking(journal=kept), confined=self._confined, on_progress=lambda _: self._renew()
            )
        log = log_place(journal, done.predicate["samples"]["log_digest"]).read_bytes()
        return Answered(Statement.parse(done.statement), log)

    def _do(self, told: dict[str, JSON]) -> bool:
        """Run one lease and commit; return False where it was given back."""
        number = int(told["lease"])
        journal = self._folder / "runs" / str(number)
        for other in self._folder.glob("runs/*"):
            if other != journal:
                shutil.rmtree(other)
        self._renewed = self._clock()
        try:
            work = self._checked(told)
            _LOG.info("running %s on %s as %s of %d", work.benchmark, work.repo, told["part"], number)
            self._commit(work, self.answer(work, journal))
        except RemoteError:
            raise
        except AssayError as error:
            _LOG.error("cannot run %d: %s", number, error)
            self.client.give_back(number, str(error))
            return False
        finally:
            self._forget_runs(journal)
        return True

    def _checked(self, told: dict[str, JSON]) -> Work:
        """Return the lease after checking that the hub signed it for this key.

        Raises:
            StatementError: it did not, or has another key than before.
        """
        pinned, key = self._folder / "hub.pem", PublicKey(told["key"].encode())
        if not pinned.exists():
            _write(pinned, key.pem)
        if PublicKey(pinned.read_bytes()) != key:
            raise StatementError(f"the hub has another key than in {pinned}", hint="If that is right, remove the file.")
        envelope = Envelope.parse(told["statement"].encode())
        envelope.verify((key,))
        said = envelope.statement()
        validate(said)
        if said.predicate_type != lease.TYPE or said.predicate["keyid"] != self.key.public.keyid:
            raise StatementError("the hub sent no lease for this runner")
        return Work(int(told["lease"]), told["repo"], told["commit"], told["benchmark"], said.predicate)

    def _commit(self, work: Work, done: Answered) -> None:
        leaves = from_log(done.log.splitlines(keepends=True))
        salt, keyid = secrets.token_bytes(SALT_BYTES), self.key.public.keyid
        fixed = commit(done.statement.predicate, leaves, keyid=keyid, opened_by=work.predicate["request"], salt=salt)
        result, commitment = self._signed(done.statement), self._signed(fixed)
        shown = open_up(
            fixed.predicate, leaves, commitment_digest=commitment.digest, result_digest=result.digest, salt=salt
        )
        told = {"commitment": commitment, "result": result, "reveal": self._signed(shown)}
        place = self._folder / "commitments" / f"{work.number}.json"
        _write(place.with_suffix(".jsonl"), done.log)
        _write(place, json.dumps({name: made.raw.decode() for name, made in told.items()}).encode())
        self.client.commit(work.number, commitment.raw)

    def _signed(self, statement: Statement) -> Envelope:
        validate(statement)
        return Envelope.sign(statement.to_bytes(), self.key)

    def _renew(self) -> None:
        if self._clock() - self._renewed < _RENEW:
            return
        self._renewed = self._clock()
        with suppress(AssayError):  # the run goes on; the commitment will show whether the lease still stands
            self.client.take(self.key.public.keyid)

    def _forget_runs(self, journal: Path) -> None:
        """Remove the journal of a run that is over; one that was broken off stays."""
        if not (journal / "plan.json").exists():
            shutil.rmtree(journal, ignore_errors=True)


def _write(place: Path, data: bytes) -> None:
    """Write a file that only its owner reads, and that is there whole or not at all."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = place.with_name(f".{place.name}.part")
    with scratch.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(place)
