"""Killed at any moment, with a full disk or with a bucket gone: nothing half visible, nothing acknowledged lost."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pytest
from tests.store.blobs.made import MIB, digest, keep, name_of, noise, tree_of

from assay.errors import NoSpaceError, StoreError
from assay.store.blobs import open_blobs

HERE = Path(__file__).parent

LOOP = """
import random, sys
from assay.store.blobs import open_blobs
import hashlib
store, number = open_blobs(sys.argv[1]), 0
print("begun", flush=True)
while True:
    data = random.Random(number).randbytes(random.Random(number).choice((0, 9, 3 << 20, 11 << 20)))
    claim = {"expected_sha256": hashlib.sha256(data).hexdigest()} if number % 2 else {}
    with store.writer(**claim) as writer:
        writer.write(data)
        print(writer.commit().sha256, flush=True)
    number += 1
"""


def all_whole(store):
    """Return the digests of all that can be seen, after it was read."""
    return {store.verify(item.sha256).sha256 for item in store.list()}


def test_killed_before_or_within_any_system_call(tmp_path):
    done = subprocess.run(
        [sys.executable, HERE / "killed_writer.py", tmp_path], check=True, capture_output=True, text=True, timeout=60
    )
    told = defaultdict(set)
    for line in done.stdout.splitlines():
        name, sha256 = line.split()
        told[name].add(sha256)
    folders = [folder for folder in tmp_path.iterdir() if folder.is_dir()]
    assert len(folders) > 50
    assert {len(told[folder.name]) for folder in folders} == {0, 1, 2, 3}
    for folder in folders:
        store = open_blobs(folder)
        seen = all_whole(store)
        assert told[folder.name] <= seen
        assert len(seen - told[folder.name]) <= 1  # visible, and killed before it could be said
        store.clean(before=time.time() + 60)
        assert list((folder / "tmp").iterdir()) == []
        assert all_whole(store) == seen
        assert len(list(folder.rglob("*.tree"))) == sum(item.size > MIB for item in store.list())


def test_killed_at_random_moments(place):
    chance, told = random.Random(5), set()
    for _ in range(5):
        command = [sys.executable, "-c", LOOP, place.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "begun\n"
            time.sleep(chance.uniform(0, 0.4))
            process.send_signal(signal.SIGKILL)
            told |= {line.strip() for line in process.stdout if len(line) == 65}
        assert told <= all_whole(place.store)


def test_bytes_are_on_disk_before_the_name_and_the_name_before_the_answer(folder, monkeypatch):
    seen, paths = [], {}
    real = {name: getattr(os, name) for name in ("open", "fsync", "rename", "replace")}

    def opened(path, *arguments, **options):
        fd = real["open"](path, *arguments, **options)
        paths[fd] = str(path)
        return fd

    def synced(fd):
        real["fsync"](fd)
        seen.append(("synced", paths[fd]))

    def renamed(old, new):
        real["replace"](old, new)
        seen.append(("renamed", str(old), str(new)))

    for name, step in (("open", opened), ("fsync", synced), ("rename", renamed), ("replace", renamed)):
        monkeypatch.setattr(os, name, step)
    sha256 = keep(folder.store, noise(2 * MIB)).sha256
    monkeypatch.undo()
    home = folder.root / name_of(sha256)
    names = [step for step in seen if step[0] == "renamed"]
    assert [step[2] for step in names] == [str(folder.root / tree_of(sha256)), str(home)]
    for step in names:
        at = seen.index(step)
        assert ("synced", step[1]) in seen[:at]
        assert ("synced", str(home.parent)) in seen[at:]
    assert ("synced", str(home.parent.parent)) in seen  # the folder itself is new
    assert ("synced", str(folder.root)) in seen


@pytest.mark.parametrize("size", [3 * MIB, 6 * MIB])
def test_a_full_disk_keeps_nothing(folder, size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
    try:
        with folder.store.writer() as writer, pytest.raises(NoSpaceError) as told:  # noqa: PT012
            writer.write(noise(size))
            writer.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.value.hint()
    assert folder.names() == []
    with pytest.raises(ValueError, match="closed"):
        writer.commit()
    assert keep(folder.store, noise(size)).size == size


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("name", ["open", "write", "fsync", "mkdir", "rename", "replace"])
def test_a_disk_that_fails_at_any_step_shows_no_blob(folder, monkeypatch, name, code):
    data, real, at = noise(5 * MIB), getattr(os, name), 0
    for last in range(1, 100):
        at = 0

        def step(*arguments, last=last, **options):
            nonlocal at
            at += 1
            if at == last:
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        store = open_blobs(folder.root / str(last))
        monkeypatch.setattr(os, name, step)
        try:
            keep(store, data)
        except StoreError as error:
            assert isinstance(error, NoSpaceError) == (code != errno.EIO)  # noqa: PT017
        else:
            break
        finally:
            monkeypatch.undo()
        assert list((folder.root / str(last) / "tmp").iterdir()) == []
        seen = all_whole(store)
        assert seen <= {digest(data)}  # what failed after the rename is whole
        assert not seen or name in ("fsync", "open")
    assert at < last < 50


def test_what_cannot_fit_is_refused_before_a_byte(folder):
    with pytest.raises(NoSpaceError, match="do not fit"):
        folder.store.writer(expected_size=1 << 60)
    assert folder.names() == []


def test_a_full_disk_for_temporary_files_keeps_nothing_in_a_bucket(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (2 * MIB + 5, 9 * MIB):
        with bucket.store.writer() as writer:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
            try:
                with pytest.raises(NoSpaceError):  # noqa: PT012
                    writer.write(noise(size))
                    writer.commit()
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bucket.names() == []
    assert bucket.pending() == []


def test_clean_takes_old_drafts_and_leaves_young_ones(folder):
    writer = folder.store.writer()
    writer.write(noise(5 * MIB))
    (draft,) = folder.pending()
    assert folder.store.clean(before=draft.stat().st_mtime) == 0
    (folder.root / "tmp" / "lost+found").mkdir()  # not ours
    os.utime(draft, (1, 1))
    assert folder.store.clean(before=2) == 1
    with pytest.raises(StoreError):
        writer.commit()  # it took too long
    assert list(folder.store.list()) == []


@pytest.mark.parametrize("ask", ["size", "verify", "write", "list", "clean", "delete", "presigned"])
def test_a_bucket_that_is_not_there_is_told_without_a_traceback(bucket, ask):
    store = open_blobs(bucket.url.replace("s3://shelf/", "s3://absent/"))
    steps = {
        "size": lambda: store.size("a" * 64), "verify": lambda: store.verify("a" * 64),
        "write": lambda: keep(store, b"x"), "list": lambda: list(store.list()),
        "clean": lambda: store.clean(before=0), "delete": lambda: store.delete("a" * 64),
        "presigned": lambda: store.presigned("a" * 64, seconds=5),
    }  # fmt: skip
    with pytest.raises(StoreError):
        steps[ask]()
