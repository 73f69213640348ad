"""The child answers as `assess` does, or the failure has a name, a place and an end."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from assay.artifact.blob import BytesBlob
from assay.artifact.sources import Entry
from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.errors import IsolationError, PathError, ReadError, RemoteError
from assay.isolate import process
from assay.isolate.parent import ChildLimits, assess_isolated


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    return tmp_path


def test_the_child_gives_the_same_statement(folder):
    result = assess_isolated(open_local(folder), want_fresh=True)
    direct = assess(open_local(folder))
    assert result.statement == direct.statement
    assert result.fresh == direct.fresh
    if sys.platform == "linux":
        assert result.isolation.startswith("isolated")


def test_stored_observations_reach_the_child(folder):
    fresh = assess_isolated(open_local(folder), want_fresh=True).fresh
    again = assess_isolated(open_local(folder), known=fresh, want_fresh=True)
    assert again.fresh == {}
    assert again.statement == assess(open_local(folder)).statement


def test_errors_of_the_source_come_back_as_they_are(folder):
    (folder / "loop").symlink_to("loop")
    with pytest.raises(PathError, match="circle") as caught:
        assess_isolated(open_local(folder))
    assert caught.value.hint()


class Hub:
    """A source that only this side can read."""

    kind, name, git_commit, whole = "hub", "org/name", "c" * 40, False

    def __init__(self, files, error=None):
        self.files, self.error = files, error

    def entries(self):
        return [Entry(path, len(data), "d" * 64 if len(data) > 2**20 else None) for path, data in self.files.items()]

    @contextmanager
    def open(self, entry):
        hub = self

        class Failing(BytesBlob):
            def read_at(self, offset, length):
                if hub.error is not None and entry.path == "b.json":
                    raise hub.error
                return super().read_at(offset, length)

        yield Failing(self.files[entry.path])


def test_a_source_on_a_hub_is_served_by_this_side():
    hub = Hub({"a.json": b'{"a": 1}', "model.bin": b"\x80\x02]." + bytes(3 << 20)})
    assert assess_isolated(hub).statement == assess(hub).statement


def test_what_one_file_costs_too_much_leaves_that_file_not_judged():
    hub = Hub({"a.json": b"{}", "b.json": b"{}"}, ReadError("the allowance is spent"))
    predicate = assess_isolated(hub).predicate
    assert predicate["not_judged"] == [{"file": "b.json", "reason": "the allowance is spent"}]


def test_a_hub_that_fails_ends_the_scan():
    with pytest.raises(RemoteError, match="gone"):
        assess_isolated(Hub({"a.json": b"{}", "b.json": b"{}"}, RemoteError("gone")))


def test_memory_that_runs_out_is_a_failed_attempt_with_a_name(tmp_path):
    (tmp_path / "vocab.json").write_text("[" + ",".join(f'{{"k{i}": [{i}]}}' for i in range(900_000)) + "]")
    with pytest.raises(IsolationError, match=r"could not judge vocab.json.*memory"):
        assess_isolated(open_local(tmp_path), child=ChildLimits(memory=90 * 1024 * 1024))


def command(code):
    return lambda _entry: (sys.executable, "-c", f"import os, sys, time, struct\n{code}")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("sys.exit('the reason')", "exited with 1: the reason"),
        ("sys.stdin.buffer.read(9); os._exit(3)", "exited with 3"),
        ("print('hello, no frame'); sys.stdout.flush(); time.sleep(9)", "unknown kind"),
        ("os.write(1, struct.pack('>cI', b'S', 2**31)); time.sleep(9)", "at most"),
        ("os.write(1, struct.pack('>cI', b'S', 2) + b'{}'); time.sleep(9)", "malformed statement"),
        ("os.write(1, struct.pack('>cI', b'F', 3) + b'[[['); time.sleep(9)", "malformed file frame"),
        ("os.write(1, struct.pack('>cI', b'F', 2) + b'{}'); time.sleep(9)", "malformed"),
        ("os.write(1, struct.pack('>cI', b'W', 7) + b'[5,0,1]'); time.sleep(9)", "does not exist"),
        ("os.write(1, struct.pack('>cI', b'E', 2) + b'[]'); time.sleep(9)", "the child failed"),
        ("os.write(1, struct.pack('>cI', b'J', 2) + b'[]'); time.sleep(9)", "sent a job frame"),
    ],
)
def test_a_child_that_dies_or_lies_is_a_clear_error_in_bounded_time(folder, monkeypatch, code, said):
    monkeypatch.setattr(process, "_command", command(code))
    started = time.monotonic()
    with pytest.raises(IsolationError, match=said):
        assess_isolated(open_local(folder))
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("code", ["time.sleep(60)", "os.write(1, b'S'); time.sleep(60)", "os.close(1); time.sleep(60)"])
def test_a_child_that_hangs_is_ended(folder, monkeypatch, code):
    monkeypatch.setattr(process, "_command", command(code))
    monkeypatch.setattr(process, "_GRACE", 0.3)
    with pytest.raises(IsolationError, match=r"time limit|hangs"):
        assess_isolated(open_local(folder), child=ChildLimits(seconds_per_file=0.5))


def test_where_nothing_is_isolated_a_hub_may_refuse_to_judge(folder, monkeypatch):
    code = "from assay.isolate import sandbox, child; sandbox.enter = lambda readable: 'not isolated'; child.main()"
    monkeypatch.setattr(process, "_command", lambda _entry: (sys.executable, "-c", code))
    assert assess_isolated(open_local(folder)).isolation == "not isolated"
    with pytest.raises(IsolationError, match="no isolation"):
        assess_isolated(open_local(folder), child=ChildLimits(require_isolation=True))


LOADED_LATE = """
import importlib, json, pkgutil, sys
from importlib.machinery import ExtensionFileLoader
from assay.artifact import readers
from assay.isolate.child import load
load()
before = set(sys.modules)
for module in pkgutil.iter_modules(readers.__path__):
    importlib.import_module(f"{readers.__name__}.{module.name}")
late = {name: getattr(sys.modules[name].__spec__, "loader", None) for name in set(sys.modules) - before}
print(json.dumps([name for name, loader in late.items() if isinstance(loader, ExtensionFileLoader)]))
"""


def test_no_reader_needs_a_library_that_cannot_be_opened_once_the_doors_are_closed():
    done = subprocess.run([sys.executable, "-c", LOADED_LATE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
