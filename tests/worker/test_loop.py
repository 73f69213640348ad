"""Whoever dies and whatever is poison: what is wanted is done once, the rest goes on, and the reason is shown."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import func, select
from tests.make.hosted import InProcess, hosted

from assay import assess
from assay.errors import ConflictError, IsolationError, StoreError
from assay.isolate.parent import ChildLimits
from assay.store import attempts, log
from assay.store.attempts import claim, find, unpark
from assay.store.tables import attempt, envelope, listing, log_leaf
from assay.worker.executor import LocalExecutor

DIED = IsolationError("the child was ended by signal 9", hint="So it goes.")


class Direct(InProcess):
    """One that breaks down at some commits."""

    def __init__(self, poison=(), error=DIED):
        self.poison, self.error = set(poison), error
        self.judged = []

    def assess(self, source, known, packs):
        if source.git_commit in self.poison:
            raise self.error
        self.judged.append(source.git_commit)
        return super().assess(source, known, packs)


class Counting(Direct):
    """One that notes how many were judged again at once, and breaks down at some of these too."""

    def __init__(self, poison=()):
        super().__init__(poison)
        self.together = []

    def reassess(self, remembered, packs):
        if self.poison & {one.git_commit for one in remembered}:
            raise self.error
        self.together.append(len(remembered))
        return super().reassess(remembered, packs)


class Slow(Direct):
    """One that takes its time, until it is told to end."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = threading.Event(), threading.Event()

    def assess(self, source, known, packs):
        self.begun.set()
        self.ended.wait(30)
        raise IsolationError("ended")

    def abort(self):
        self.ended.set()


def states(host):
    with host.database.read() as connection:
        rows = connection.execute(select(attempt.c.state, func.count()).group_by(attempt.c.state))
        return dict(map(tuple, rows))


def keys_with_statements(host):
    with host.database.read() as connection:
        return sorted(connection.execute(select(envelope.c.attempt)).scalars())


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_poison_is_parked_after_three_tries_and_nothing_else_suffers(host):
    repo = host.repo()
    poison = host.push(repo, {"poison": b"x"})
    others = [host.push(repo, {"a": b"%d" % number}) for number in range(5)]
    executor = Direct([poison])
    loop = host.loop(executor, pause=0.0)
    loop.run_until_idle()
    assert sorted(executor.judged) == sorted(others)
    assert states(host) == {"done": 5, "parked": 1}
    with host.database.read() as connection:
        found = find(connection, repo.id, poison)
    assert (found.state, found.tries) == ("parked", 3)
    assert found.error == "the child was ended by signal 9 So it goes."
    assert not any(poison in key for key in keys_with_statements(host))
    executor.poison.clear()
    with host.database.write() as connection:
        unpark(connection, found.key, now=time.time())
    loop.run_until_idle()
    assert states(host) == {"done": 6}


class Killing:
    """A source of which one file is the death of whoever reads it."""

    def __init__(self, source, end):
        self._source = source
        self._end = end

    def __getattr__(self, name):
        return getattr(self._source, name)

    def open(self, entry):
        if entry.path == "poison.bin":
            self._end()
        return self._source.open(entry)


class Deadly(LocalExecutor):
    """Real children, which die by SIGKILL when they reach for a poison file."""

    def assess(self, source, known, packs):
        def end():
            for child in self._running:
                child.end()

        return super().assess(Killing(source, end), known, packs)


def test_a_file_that_kills_the_child_that_reads_it_is_parked_after_three_children(host):
    repo = host.repo()
    poison = host.push(repo, {"README.md": b"# Model", "poison.bin": b"\x80\x04."})
    other = host.push(repo, {"README.md": b"# Model", "poison.bin": None, "fine.bin": b"fine"})
    host.loop(Deadly(ChildLimits()), pause=0.0).run_until_idle()
    assert states(host) == {"done": 1, "parked": 1}
    with host.database.read() as connection:
        died, lived = (find(connection, repo.id, oid) for oid in (poison, other))
    assert (died.state, died.tries, lived.state) == ("parked", 3, "done")
    assert "the child was ended by signal 9" in died.error
    assert keys_with_statements(host) == [lived.key]


@pytest.fixture
def judged(host, monkeypatch):
    """Forty revisions of as many repos, judged under other rules than those of the present."""
    with host.database.read() as connection:
        version = attempts.version(connection)
    monkeypatch.setattr(attempts, "version", lambda _: "0123456789abcdef-0123456789abcdef")
    repos = [host.repo(f"org/model-{number}") for number in range(40)]
    commits = [host.push(one, {"README.md": b"# %d" % one.id}) for one in repos]
    with monkeypatch.context() as before:
        before.setattr(assess, "rules_digest", lambda: "ab" * 32)
        assert host.loop(Direct()).run_until_idle() == 40
    monkeypatch.setattr(attempts, "version", lambda _: version)
    return list(zip(repos, commits, strict=True))


def want_all(host):
    with host.database.write() as connection:
        return attempts.want_missing(connection, 100, now=2000)


def test_what_needs_no_reading_is_judged_more_and_more_at_once(host, judged):
    assert want_all(host) == 40
    executor = Counting()
    assert host.loop(executor).run_until_idle() == 40
    assert executor.together == [1, 2, 4, 8, 16, 9]
    assert executor.judged == []
    assert states(host) == {"done": 80}
    with host.database.read() as connection:
        assert log.size(connection) == len(keys_with_statements(host)) == 80
        assert connection.execute(select(func.count()).select_from(listing)).scalar_one() == 40


def test_one_that_cannot_be_judged_again_holds_up_no_other(host, judged):
    assert want_all(host) == 40
    executor = Counting([judged[7][1]])
    host.loop(executor, pause=0.0).run_until_idle()
    assert states(host) == {"done": 79, "parked": 1}
    with host.database.read() as connection:
        assert {find(connection, repo.id, oid).tries for repo, oid in judged} == {1, 3}
        assert find(connection, judged[7][0].id, judged[7][1]).state == "parked"


def test_what_must_be_read_is_taken_one_by_one_among_what_need_not(host, judged):
    new = [host.push(repo, {"new": b"%d" % repo.id}, now=3000) for repo, _ in judged[::8]]
    assert want_all(host) == 35
    executor = Counting()
    assert host.loop(executor).run_until_idle() == 40
    assert sorted(executor.judged) == sorted(new)
    assert sum(executor.together) == 35
    with host.database.read() as connection:
        assert {find(connection, repo.id, oid).tries for repo, oid in judged} == {1}


def test_threads_wake_when_told_and_end_in_order(host):
    repo = host.repo()
    wanted = threading.Event()
    executor = Direct()
    loop = host.loop(executor, workers=2, poll=60.0, wanted=wanted)
    loop.start()
    try:
        time.sleep(0.2)
        commits = [host.push(repo, {"a": b"%d" % number}) for number in range(6)]
        wanted.set()
        until(lambda: states(host) == {"done": 6})
    finally:
        loop.stop()
    assert sorted(executor.judged) == sorted(commits)
    assert len(keys_with_statements(host)) == 6
    host.push(repo, {"b": b"later"})
    wanted.set()
    time.sleep(0.2)
    assert states(host) == {"done": 6, "wanted": 1}


def test_branches_that_nobody_asked_for_are_found(host):
    repo = host.repo()
    host.push(repo, {"a": b"1"}, asked=False)
    loop = host.loop(Direct())
    loop.start()
    try:
        until(lambda: states(host) == {"done": 1})
    finally:
        loop.stop()


def test_what_is_not_done_when_the_grace_ends_is_given_back_untried(host):
    repo = host.repo()
    commit = host.push(repo, {"a": b"1"})
    slow = Slow()
    loop = host.loop(slow)
    loop.start()
    assert slow.begun.wait(20)
    loop.stop(grace=0.1)
    with host.database.read() as connection:
        assert find(connection, repo.id, commit)[1:4] == ("wanted", 0, None)
    assert host.loop(Direct()).run_until_idle() == 1


def test_a_child_under_way_is_ended_and_its_attempt_given_back(host):
    repo = host.repo()
    commit = host.push(repo, {"vocab.json": b"[" + b",".join(b'{"k%d": [1]}' % n for n in range(200_000)) + b"]"})
    loop = host.loop(LocalExecutor(ChildLimits()))
    loop.start()
    until(lambda: _fence(host) == 1)
    loop.stop(grace=0.0)
    with host.database.read() as connection:
        assert find(connection, repo.id, commit).state == "wanted"
        assert find(connection, repo.id, commit).tries == 0


def test_a_lease_is_renewed_while_the_work_goes_on(host):
    repo = host.repo()
    host.push(repo, {"a": b"1"})
    slow = Slow()
    loop = host.loop(slow, lease=0.6)
    loop.start()
    try:
        assert slow.begun.wait(20)
        for _ in range(6):
            time.sleep(0.2)
            with host.database.write() as connection:
                assert claim(connection, now=time.time()) == []
    finally:
        loop.stop(grace=0.0)


def test_a_worker_that_comes_late_writes_nothing(host):
    repo = host.repo()
    commit = host.push(repo, {"a": b"1"})
    judge = host.judge(Direct())
    with host.database.write() as connection:
        (late,) = claim(connection, now=time.time(), lease=-1)
    assessment = judge.assess(late)
    assert host.loop(Direct()).run_until_idle() == 1
    with pytest.raises(ConflictError, match="lost"):
        judge.close([(late, assessment)], now=time.time())
    assert keys_with_statements(host) == [late.key]
    with host.database.read() as connection:
        assert find(connection, repo.id, commit).tries == 2


def test_a_fault_of_ours_ends_no_other_work(host, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    repo = host.repo()
    broken = host.push(repo, {"a": b"1"})
    fine = host.push(repo, {"a": b"2"})
    loop = host.loop(Direct([broken], ZeroDivisionError("a fault")), lease=0.3)
    loop.start()
    try:
        until(lambda: states(host) == {"done": 1, "parked": 1})
    finally:
        loop.stop()
    with host.database.read() as connection:
        assert find(connection, repo.id, fine).state == "done"
        assert "no word" in find(connection, repo.id, broken).error


def test_a_database_that_is_away_for_a_while_is_waited_for(host, monkeypatch):
    repo = host.repo()
    host.push(repo, {"a": b"1"})
    away = threading.Event()
    away.set()
    real = host.database.transact

    def transact(work):
        if away.is_set():
            raise StoreError("the database cannot be used")
        return real(work)

    monkeypatch.setattr(host.database, "transact", transact)
    loop = host.loop(Direct())
    loop.start()
    try:
        time.sleep(0.3)
        assert states(host) == {"wanted": 1}
        away.clear()
        until(lambda: states(host) == {"done": 1})
    finally:
        loop.stop()


def test_a_store_that_is_away_parks_nothing(host):
    repo = host.repo()
    commit = host.push(repo, {"a": b"1"})
    executor = Direct([commit], StoreError("the bucket does not answer"))
    loop = host.loop(executor, pause=0.01)
    loop.start()
    try:
        until(lambda: _fence(host) > 5)
        with host.database.read() as connection:
            found = find(connection, repo.id, commit)
        assert (found.state, found.error) == ("wanted", "the bucket does not answer")
        executor.poison.clear()
        until(lambda: states(host) == {"done": 1})
    finally:
        loop.stop()


def test_what_a_killed_worker_held_is_done_by_another_and_stated_once(host, url, tmp_path):
    repo = host.repo()
    commits = [host.push(repo, {"a": b"%d" % number}) for number in range(4)]
    command = [sys.executable, "-m", "tests.make.stuck_worker", url, os.fspath(tmp_path), "1.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stuck:
        held = stuck.stdout.readline().split()[1]
        loops = [host.loop(Direct()), hosted(host.database, tmp_path).loop(Direct())]
        for loop in loops:
            loop.start()
        try:
            until(lambda: states(host).get("done") == len(commits) - 1)
            with host.database.read() as connection:
                assert find(connection, repo.id, held).state == "wanted"
            os.kill(stuck.pid, signal.SIGKILL)
            until(lambda: states(host) == {"done": len(commits)})
        finally:
            for loop in loops:
                loop.stop()
    keys = keys_with_statements(host)
    assert len(keys) == len(set(keys)) == len(commits)
    with host.database.read() as connection:
        assert find(connection, repo.id, held).tries == 2
        assert connection.execute(select(func.count()).select_from(log_leaf)).scalar_one() == len(commits)


def _fence(host):
    with host.database.read() as connection:
        return connection.execute(select(attempt.c.fence)).scalar_one()
