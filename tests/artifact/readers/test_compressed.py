"""Compressed streams: what they hold is read, what cannot be unpacked is said."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.archives import tar_file

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import compressed as reader
from assay.artifact.readers import read_blob
from assay.artifact.sniff import sniff
from assay.errors import ReadError

CALL = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R."
PACKERS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
    "joblib": lambda data: b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data),
}


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="model.tgz", depth=0)


def codes(seen):
    return [problem.code for problem in seen.problems]


@pytest.mark.parametrize("method", PACKERS)
def test_the_inside_is_read(method):
    data = PACKERS[method](CALL + bytes(100))
    assert sniff(BytesBlob(data), "weights.bin") == "compressed"
    seen = look(data)
    assert seen.facts["method"] == method
    ((_, inside),) = seen.members
    assert inside.facts["globals"] == ["posix.system"]
    assert seen.complete
    assert not seen.problems


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_what_stands_before_a_wrong_checksum_is_read(pack):
    data = bytearray(pack(CALL))
    data[-5 if pack is gzip.compress else -1] ^= 0xFF
    assert sniff(BytesBlob(bytes(data)), "weights.bin") == "compressed"
    seen = look(bytes(data))
    assert not seen.complete
    assert seen.members[0][1].facts["globals"] == ["posix.system"]


def test_what_stands_before_damage_is_read():
    data = bytearray(zlib.compress(CALL + bytes(range(256)) * 40, 0))
    data[-2000:] = b"\xff" * 2000
    seen = look(bytes(data))
    assert not seen.complete
    assert seen.members[0][1].facts["globals"] == ["posix.system"]


def test_a_tar_inside_is_read():
    seen = look(gzip.compress(tar_file(("x.pkl", CALL))))
    ((name, inside),) = seen.members
    assert (name, inside.format) == ("model.tar", "tar")
    assert inside.members[0][1].facts["globals"] == ["posix.system"]


def test_several_streams_and_what_follows():
    assert look(gzip.compress(CALL[:10]) + gzip.compress(CALL[10:])).members[0][1].facts["globals"] == ["posix.system"]
    assert codes(look(gzip.compress(CALL) + b"junk that follows")) == ["trailing-bytes"]
    assert codes(look(gzip.compress(CALL) + bytes(50))) == []


def test_a_break_keeps_what_came_before_and_is_not_complete():
    seen = look(gzip.compress(CALL)[:-9])
    assert codes(seen)[0] == "truncated"
    assert not seen.complete
    assert not look(gzip.compress(CALL)[:-8] + bytes(8)).complete


@pytest.mark.parametrize(
    "head",
    [
        b"\x28\xb5\x2f\xfd",
        b"\x50\x2a\x4d\x18\x04\0\0\0",
        b"\x04\x22\x4d\x18",
        b"Rar!\x1a\x07\x01\0",
        b"MSCF\0\0\0\0",
        b"\x1f\x9d\x90",
    ],
)
def test_what_is_not_unpacked_is_not_clean(head):
    assert read_blob(BytesBlob(head + bytes(60)), Budget(), path="x.bin").reason


@pytest.mark.parametrize("path", ["weights.bin", "model.tar.zst", "a.zst"])
def test_zstd_is_the_same_in_every_version_of_python(path):
    # RFC 8878: a frame with one raw block that holds a pickle.
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(CALL)]) + (len(CALL) << 3 | 1).to_bytes(3, "little") + CALL
    reading = read_blob(BytesBlob(frame), Budget(), path=path)
    assert reading.reason == (
        "is compressed by zstd, which is not unpacked here: unpack it with a tool of its own, and scan what was in it"
    )
    assert reading.observation.members == ()


@pytest.mark.parametrize("path", ["a.br", "model.tar.BR"])
def test_brotli_is_told_by_its_name_alone_and_never_clean(path):
    reading = read_blob(BytesBlob(b"\x0b\x02\x80hello\x03"), Budget(), path=path)
    assert reading.format == "compressed"
    assert "brotli" in reading.reason
    assert "scan what was in it" in reading.reason


def test_bombs_cost_little():
    data = gzip.compress(bytes(70 * 1024 * 1024))
    seen = look(data)
    assert codes(seen)[0] == "bomb"
    tracemalloc.start()
    small = look(data, bytes=3 * 1024 * 1024)
    assert tracemalloc.get_traced_memory()[1] < 6 * 1024 * 1024
    tracemalloc.stop()
    assert not small.complete


def test_a_name_that_leaves_the_folder():
    buffer = io.BytesIO()
    with gzip.GzipFile("../../x", "wb", fileobj=buffer) as packed:
        packed.write(CALL)
    hostile = bytearray(buffer.getvalue())
    hostile[10:11] = b"/"
    assert codes(look(bytes(hostile))) == ["traversal"]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(PACKERS)),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4),
    st.integers(2, 90),
)
def test_any_bytes_give_an_observation_or_a_read_error(method, changes, end):
    data = bytearray(PACKERS[method](CALL * 3))
    for at, value in changes:
        if at < len(data):
            data[at] = value
    try:
        seen = look(bytes(data[:end]), bytes=100_000, items=2000, facts=10_000)
    except ReadError:
        return
    assert seen.complete or seen.problems
