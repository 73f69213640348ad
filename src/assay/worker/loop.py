"""The loop beside a server or on its own: threads that claim what is wanted, have it judged, and close it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from assay.errors import AssayError, ConflictError, CorruptError, NotFoundError, StoreError
from assay.store.attempts import LEASE, Claim, claim, fail, release, renew, want_missing
from assay.worker.judge import Judge

__all__ = ["Loop"]

_LOG = logging.getLogger("assay.worker")
_SWEEP = 600.0
"""Seconds between two searches for tips of branches that nobody asked for."""
_TOGETHER = 64
"""So many attempts are done at once where nothing has to be read."""
_BATCH = 1000
"""So many of them are asked for at once; what is pushed meanwhile is newer, and goes first."""


class Loop:
    """Threads that do attempts, and one more that renews their leases and replaces a thread that broke down."""

    def __init__(
        self,
        judge: Judge,
        *,
        workers: int,
        wanted: threading.Event | None = None,
        clock: Callable[[], float] = time.time,
        poll: float = 5.0,
        lease: float = LEASE,
        pause: float = 10.0,
    ) -> None:
        """Prepare `workers` threads; `wanted` is set by whoever asked for something in this process.

        All times are in seconds: `poll` between two looks where nobody said anything, `lease` for which a claim
        holds, `pause` after a first failure.
        """
        self._judge = judge
        self._workers = workers
        self._wanted = wanted or threading.Event()
        self._clock = clock
        self._poll = poll
        self._lease = lease
        self._pause = pause
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()
        self._next_sweep = 0.0
        self._threads: list[threading.Thread] = []
        self._keeper = threading.Thread(target=self._keep, name="assay-keeper", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        if self._workers:
            self._threads = [self._thread(number) for number in range(self._workers)]
            self._keeper.start()

    def stop(self, grace: float = 10.0) -> None:
        """End in order: nothing new is claimed, and what is not done after `grace` seconds is given back."""
        self._stopping.set()
        self._wanted.set()
        deadline = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._judge.executor.abort()
        for thread in self._threads:
            thread.join()
        self._ended.set()
        if self._workers:
            self._keeper.join()

    def run_until_idle(self) -> int:
        """Do in this thread all that is due now, and return how many attempts that were."""
        try:
            return self._all_due()
        finally:
            self._judge.executor.rest()

    def _all_due(self) -> int:
        count, most = 0, 1
        while not self._stopping.is_set():
            done, given_back = self._some(most)
            if not done:
                break
            count += done
            # As long as no byte has to be read, more are done at once, for a transaction takes longer than judging.
            most = 1 if given_back else min(2 * most, _TOGETHER)
        return count

    def _thread(self, number: int) -> threading.Thread:
        thread = threading.Thread(target=self._run, name=f"assay-worker-{number}", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.clear()  # before the look: what is asked for from now on sets it again
            try:
                if self._all_due() or self._sweep():
                    continue
            except StoreError as error:  # the database is away, perhaps for a while
                _LOG.warning("cannot look for work: %s", error)
            self._judge.executor.rest()
            self._wanted.wait(self._poll)

    def _some(self, most: int) -> tuple[int, int]:
        """Do up to `most` attempts; return how many were done, failures too, and how many were given back."""
        database, now = self._judge.database, self._clock()
        taken = database.transact(lambda connection: claim(connection, now=now, lease=self._lease, most=most))
        with self._lock:
            self._claims.update(taken)
        try:
            left = taken if len(taken) == 1 else self._together(taken)
            for one in left[1:]:
                database.transact(partial(release, one=one))
            if left:
                self._one(left[0])
            return len(taken) - len(left[1:]), len(left[1:])
        finally:
            with self._lock:
                self._claims.difference_update(taken)

    def _together(self, taken: list[Claim]) -> list[Claim]:
        """Do those that can be judged by what is stored; return the others, or all where one of them is in the way."""
        started = time.monotonic()
        try:
            done = self._judge.assess_again(taken)
            if done:
                self._judge.close(done, now=self._clock())
                _LOG.info("judged %d again", len(done), extra={"ms": round(1000 * (time.monotonic() - started))})
        except AssayError as error:
            _LOG.warning("%d are judged one by one: %s", len(taken), error)
            return taken
        judged = {claim.key for claim, _ in done}
        return [one for one in taken if one.key not in judged]

    def _one(self, taken: Claim) -> None:
        started = time.monotonic()
        try:
            self._judge.close([(taken, self._judge.assess(taken))], now=self._clock())
            _LOG.info("judged %s", taken.key, extra={"ms": round(1000 * (time.monotonic() - started))})
        except ConflictError as error:
            _LOG.warning("%s", error)
        except AssayError as error:
            self._failed(taken, error)

    def _failed(self, taken: Claim, error: AssayError) -> None:
        """Record a failure; where it was not the attempt's, give it back instead."""
        database, now = self._judge.database, self._clock()
        told = f"{error} {error.hint()}".strip()
        if self._stopping.is_set():
            database.transact(lambda connection: release(connection, taken))
        elif isinstance(error, StoreError) and not isinstance(error, CorruptError | NotFoundError):
            later = now + self._pause
            database.transact(lambda connection: release(connection, taken, not_before=later, error=told))
            _LOG.error("cannot judge %s for now: %s", taken.key, error)
        else:
            parked = database.transact(lambda connection: fail(connection, taken, told, now=now, pause=self._pause))
            _LOG.error("could not judge %s (try %d%s): %s", taken.key, taken.tries, ", parked" * parked, error)

    def _sweep(self) -> int:
        if self._clock() < self._next_sweep:
            return 0
        now = self._clock()
        found = self._judge.database.transact(lambda connection: want_missing(connection, _BATCH, now=now))
        if not found:
            self._next_sweep = now + _SWEEP
        return found

    def _keep(self) -> None:
        """Renew what is under way."""
        while not self._ended.wait(self._lease / 3):
            with self._lock:
                claims = list(self._claims)
            now = self._clock()
            try:
                self._judge.database.transact(
                    lambda connection: renew(connection, claims, now=now, lease=self._lease)  # noqa: B023  # run here
                )
            except StoreError as error:
                _LOG.warning("cannot renew %d leases: %s", len(claims), error)
            self._replace_broken()

    def _replace_broken(self) -> None:
        """A fault of ours must not end all work: its attempt is taken up again when the lease ends, and then parked."""
        if self._stopping.is_set():
            return
        for number, thread in enumerate(self._threads):
            if not thread.is_alive():
                _LOG.error("%s broke down; another one takes its place", thread.name)
                self._threads[number] = self._thread(number)
