"""Tar archives: members are read, and where unpacking would go is said."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.archives import tar_file, tar_special

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.readers import read_blob
from assay.artifact.readers import tar as reader
from assay.artifact.sniff import sniff
from assay.canonical import canonical_json
from assay.errors import ReadError

CALL = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R."
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="x.tar", depth=0)


def codes(seen):
    return [problem.code for problem in seen.problems]


@pytest.mark.parametrize("form", FORMS)
def test_an_ordinary_archive_is_read_to_its_end(form):
    long = "d" * 80 + "/" + "f" * 70 + ".json"
    data = tar_file(
        tar_special("d", b"5"), ("./a/x.pkl", CALL), (long, b"{}"), tar_special("a/y", b"2", "x.pkl"), form=form
    )
    assert sniff(BytesBlob(data), "model.nemo") == "tar"
    seen = look(data)
    assert seen.complete
    assert not seen.problems
    assert [member["name"] for member in seen.facts["members"]] == ["d/", "./a/x.pkl", long, "a/y"]
    assert [(name, member.format) for name, member in seen.members] == [("./a/x.pkl", "pickle"), (long, "json")]


def _pax_lie():
    data = bytearray(tar_file(("x" * 120, b"abc")))
    return bytes(data).replace(b"path=", b"size=", 1)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("../x", b"a")], ["traversal"]),
        ([("/etc/x", b"a")], ["traversal"]),
        ([tar_special("a", b"2", "/etc")], ["link-leaves"]),
        ([tar_special("a/b", b"2", "../../etc")], ["link-leaves"]),
        ([tar_special("a/b", b"2", "../c")], []),
        ([tar_special("a/b", b"1", "../c")], ["link-leaves"]),
        ([tar_special("a", b"2", "b"), ("a/x", b"a")], ["through-link"]),
        ([tar_special("a", b"3")], ["device"]),
        ([tar_special("a", b"6")], ["device"]),
        ([("a", b"a"), ("a", b"b")], ["duplicate-name"]),
        ([("A.pkl", b"a"), ("a.pkl", b"b")], ["duplicate-name"]),
        ([("a\u202egpj", b"a")], ["bad-name"]),
    ],
)
def test_what_is_odd_is_said(members, expected):
    assert codes(look(tar_file(*members))) == expected


def test_two_sizes_and_what_follows_the_end():
    info = tarfile.TarInfo("x")
    info.size = 3
    info.pax_headers = {"size": "512"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(info, io.BytesIO(b"abc"))
    assert "size-differs" in codes(look(buffer.getvalue() + bytes(1024)))
    assert codes(look(tar_file(("a", b"a")) + b"more")) == ["trailing-bytes"]


def test_what_cannot_be_read_is_not_complete():
    data = tar_file(("a", b"a" * 600), ("b", CALL))
    for broken in (data[:700], data[:1536] + b"\xff" + data[1537:]):
        seen = look(broken)
        assert not seen.complete
    assert read_blob(BytesBlob(data[:700]), Budget(), path="x").reason


SEED = tar_file(("m/x.pkl", CALL), tar_special("l", b"2", "m"), ("n" * 120, b"{}"), form=tarfile.GNU_FORMAT)[:6000]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=5), st.integers(0, len(SEED)))
def test_any_bytes_give_an_observation_or_a_read_error(changes, end):
    data = bytearray(SEED)
    for at, value in changes:
        data[at] = value
    budget = Budget(bytes=100_000, items=2000, facts=10_000)
    try:
        seen = reader.read(BytesBlob(bytes(data[:end])), budget, path="x", depth=0)
    except ReadError:
        return
    assert Observation.from_json(seen.to_json()) == seen
    assert seen.complete or seen.problems
    canonical_json(seen.to_json())


def test_long_paths_and_many_records_cost_little():
    records = b"".join(b"%d %s=\n" % (len(key) + 5, key) for key in (b"%07d" % n for n in range(20_000)))
    shared = tarfile.TarInfo("g")
    shared.type, shared.size = tarfile.XGLTYPE, len(records)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        link = tarfile.TarInfo("b/b")
        link.type, link.linkname = tarfile.SYMTYPE, "x"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("b/" * 300_000 + "x"))
    head = shared.tobuf(tarfile.USTAR_FORMAT) + records.ljust(-len(records) % 512 + len(records), b"\0")
    assert codes(look(head + out.getvalue())) == ["through-link"]
