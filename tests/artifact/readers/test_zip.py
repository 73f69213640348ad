import io
import pickle
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob, SliceBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.readers import read_blob
from assay.artifact.readers import zip as reader
from assay.artifact.sniff import sniff
from assay.canonical import canonical_json
from assay.errors import ReadError

CALL = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R."
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def look(data, **limits):
    blob = BytesBlob(data) if isinstance(data, bytes) else data
    return reader.read(blob, Budget(**limits), path="model.zip", depth=0)


def made(members, method=zipfile.ZIP_STORED, comment=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = comment
    return buffer.getvalue()


def patched(data, signature, offset, form, value, *, which=0):
    """Return `data` with one field behind the `which`-th `signature` changed."""
    at = -1
    for _ in range(which + 1):
        at = data.index(signature, at + 1)
    out = bytearray(data)
    struct.pack_into(form, out, at + offset, value)
    return bytes(out)


def codes(observation):
    return [problem.code for problem in observation.problems]


def imports(observation):
    return {name: member.facts.get("globals") for name, member in observation.members}


@pytest.mark.parametrize("method", METHODS)
def test_members_are_read_whatever_their_compression(method):
    members = {"a/data.pkl": CALL, "a/version": b"3\n", "notes.txt": b"words\n" * 2000, "raw": bytes(range(256)) * 90}
    seen = look(made(members, method, comment=b"hello"))
    assert seen.complete
    assert not seen.problems
    assert seen.facts["torch"] is True
    assert [(member["name"], member["size"]) for member in seen.facts["members"]] == [
        (name, len(data)) for name, data in members.items()
    ]
    assert imports(seen)["a/data.pkl"] == ["posix.system"]
    assert [name for name, _ in seen.members] == ["a/data.pkl", "a/version", "notes.txt"]


def test_archives_in_archives_share_the_budget_and_have_a_depth():
    inner = made({"x.pkl": CALL})
    for _ in range(3):
        inner = made({"in.zip": inner}, zipfile.ZIP_DEFLATED)
    seen = look(inner)
    for _ in range(3):
        ((_, seen),) = seen.members
    assert imports(seen) == {"x.pkl": ["posix.system"]}
    shallow = look(inner, depth=1)
    while shallow.members:
        ((_, shallow),) = shallow.members
    assert codes(shallow) == ["member-unread"]
    assert not shallow.complete


def test_tensors_of_a_checkpoint_cost_nothing():
    class Sparse:
        """An archive whose one big stored member must never be read, but for a few bytes at its ends."""

        def __init__(self, size):
            self.head, self.tail = _huge(size)
            self.after = len(self.head) + size
            self.size = self.after + len(self.tail)
            self.reads = 0

        def read_at(self, offset, length):
            self.reads += 1
            end = min(offset + length, self.size)
            if offset < self.after - 4096:
                assert end <= len(self.head) + 4096, "tensor data were read"
                return (self.head + bytes(4096))[offset:end]
            return (bytes(4096) + self.tail)[offset - self.after + 4096 : end - self.after + 4096]

    blob = Sparse(100 * 10**9)
    seen = look(blob, bytes=200_000)
    assert seen.complete
    assert not seen.problems
    assert imports(seen)["m/data.pkl"] == ["posix.system"]
    assert seen.facts["members"][2]["size"] == 100 * 10**9
    assert blob.reads < 20


def _huge(size):
    """Return what stands before and after the bytes of a stored zip64 member `m/data/0`."""
    name = b"m/data/0"
    small = made({"m/data.pkl": CALL, "m/version": b"3\n"})
    at = small.index(b"PK\x01\x02")
    end = small.index(b"PK\x05\x06")
    sizes = struct.pack("<2H2Q", 1, 16, size, size)
    fields = struct.pack("<3H3L2H", 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(sizes))
    local = b"PK\x03\x04" + struct.pack("<2H", 45, 0) + fields + name + sizes
    central = (
        b"PK\x01\x02" + struct.pack("<3H", 45, 45, 0) + fields + struct.pack("<3H2L", 0, 0, 0, 0, at) + name + sizes
    )
    head = small[:at] + local
    directory = small[at:end] + central
    start = len(head) + size
    end64 = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 3, 3, len(directory), start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, start + len(directory), 1)
    end_record = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 3, 3, len(directory), 0xFFFFFFFF, 0)
    return head, directory + end64 + locator + end_record


def test_only_numbered_members_beside_a_checkpoint_are_taken_for_tensors():
    members = {
        "m/data.pkl": CALL,
        "m/version": b"3",
        "m/data/0": CALL,
        "m/data/x": CALL,
        "data/0": CALL,
        "m/data/0/1": CALL,
    }
    assert imports(look(made(members))).keys() == members.keys() - {"m/data/0"}
    without = {"m/other.pkl": CALL, "m/data/0": CALL}
    seen = look(made(without))
    assert imports(seen).keys() == without.keys()
    assert seen.facts["torch"] is False


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:\\x", "a\\..\\x", "c:x"])
def test_names_that_leave_the_folder(name):
    data = made({"@" * len(name): CALL}).replace(b"@" * len(name), name.encode())
    seen = look(data)
    assert codes(seen) == ["traversal"]
    assert imports(seen) == {name: ["posix.system"]}


def _symlink():
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _twice():
    data = made({"a.pkl": CALL, "b.pkl": b"\x80\x02N."})
    return data.replace(b"b.pkl", b"a.pkl")


ONE = made({"x.pkl": CALL})
CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"


@pytest.mark.parametrize(
    ("data", "expected", "complete"),
    [
        (_symlink(), ["symlink"], True),
        (_twice(), ["duplicate-name"], True),
        (patched(ONE, CENTRAL, 8, "<H", 1), ["encrypted", "local-header-differs"], False),
        (patched(patched(ONE, CENTRAL, 8, "<H", 1), LOCAL, 6, "<H", 1), ["encrypted"], False),
        (patched(ONE, LOCAL, 30, "<B", ord("y")), ["local-header-differs"], False),
        (patched(ONE, LOCAL, 8, "<H", 8), ["local-header-differs"], False),
        (patched(ONE, LOCAL, 22, "<L", 5), ["local-header-differs"], False),
        (patched(patched(ONE, CENTRAL, 16, "<L", 7), LOCAL, 14, "<L", 7), ["crc-differs"], True),
        (patched(patched(ONE, CENTRAL, 10, "<H", 93), LOCAL, 8, "<H", 93), ["unknown-method"], False),
        (b"#!/bin/sh\n" + ONE, ["prepended-bytes"], True),
        (ONE + b"junk", ["trailing-bytes"], True),
        (patched(ONE, END, 10, "<H", 9), ["count-differs"], True),
        (patched(ONE, CENTRAL, 46, "<B", 0), ["bad-name", "local-header-differs"], False),
        (patched(ONE, CENTRAL, 42, "<L", 3), ["prepended-bytes", "overlap", "member-unread"], False),
    ],
)
def test_what_is_odd_is_said(data, expected, complete):
    seen = look(data)
    assert codes(seen) == expected
    assert seen.complete is complete
    canonical_json(seen.to_json())


@pytest.mark.parametrize(("method", "name"), [(93, "zstd"), (20, "zstd"), (95, "xz"), (50, "an unknown method")])
def test_a_member_that_is_not_unpacked_says_what_to_do(method, name):
    data = patched(patched(ONE, CENTRAL, 10, "<H", method), LOCAL, 8, "<H", method)
    (problem,) = look(data).problems
    assert f"compressed by {name} ({method})" in problem.message
    assert problem.message.endswith("unpack the archive, and scan what was in it")


def test_an_unfounded_encryption_mark_hides_nothing():
    assert imports(look(patched(ONE, CENTRAL, 8, "<H", 1))) == {"x.pkl": ["posix.system"]}


def test_members_that_share_bytes():
    two = made({"a.pkl": CALL, "b.pkl": CALL})
    assert "overlap" in codes(look(patched(two, CENTRAL, 42, "<L", 0, which=1)))
    assert "overlap" in codes(look(patched(two, CENTRAL, 20, "<L", 10_000, which=1)))


def test_bombs():
    data = made({"zeros.pkl": b"\x80\x02N." + bytes(70 * 1024 * 1024)}, zipfile.ZIP_DEFLATED)
    seen = look(data, bytes=1024 * 1024)
    assert codes(seen)[0] == "bomb"
    assert not look(made({"zeros.txt": b"a" * 5_000_000}, zipfile.ZIP_DEFLATED), bytes=1024 * 1024).complete


def test_inflated_bytes_that_differ_from_what_is_declared():
    data = made({"x.pkl": CALL + bytes(5000)}, zipfile.ZIP_DEFLATED)
    short = patched(patched(data, CENTRAL, 24, "<L", 60), LOCAL, 22, "<L", 60)
    assert "size-differs" in codes(look(short))
    long = patched(patched(data, CENTRAL, 24, "<L", 9000), LOCAL, 22, "<L", 9000)
    assert not look(long).complete
    broken = bytearray(data)
    broken[40] ^= 0xFF
    assert not look(bytes(broken)).complete


def test_an_end_record_in_a_comment_is_said():
    data = made({"x.pkl": CALL}, comment=ONE[ONE.index(END) :])
    assert "ambiguous-end" in codes(look(data))


def test_without_a_directory_there_is_nothing_to_keep():
    for data in (ONE[:-30], b"PK\x03\x04", b"PK\x05\x06" + bytes(10)):
        with pytest.raises(ReadError):
            look(data)
    assert read_blob(BytesBlob(ONE[:-30]), Budget(), path="x").reason


def test_an_archive_behind_other_bytes_is_found():
    blob = BytesBlob(b"\x01\x02\x00" * 2000 + ONE)
    assert sniff(blob, "weights.bin") == "zip"
    assert imports(look(blob)) == {"x.pkl": ["posix.system"]}


@pytest.mark.parametrize("limits", [{"bytes": 2000}, {"items": 30}, {"facts": 500}])
def test_budget(limits):
    seen = None
    try:
        seen = look(made({f"m{n}.pkl": CALL for n in range(40)}), **limits)
    except ReadError:
        assert "facts" not in limits
    assert seen is None or not seen.complete


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(names, st.binary(max_size=60) | st.just(CALL), max_size=5),
    st.sampled_from(METHODS),
    # The reference looks for the last end record, also inside the comment.
    st.binary(max_size=20).filter(lambda comment: END not in comment),
)
def test_the_listing_agrees_with_the_reference(members, method, comment):
    data = made(members, method, comment)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        expected = [(info.filename, info.file_size, info.compress_size) for info in archive.infolist()]
    seen = look(data)
    listed = [(member["name"], member["size"], member["compressed"]) for member in seen.facts["members"]]
    assert listed == expected
    assert seen.facts["entries"] == len(expected)
    assert {"crc-differs", "overlap", "local-header-differs", "size-differs"}.isdisjoint(codes(seen))


SEED = made({"m/data.pkl": CALL, "m/version": b"3\n", "m/data/0": bytes(20)}) + made(
    {"x.json": b'{"a": 1}', "y.pkl": pickle.dumps([1, "a"] * 50, 4)}, zipfile.ZIP_DEFLATED
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=5),
    st.integers(0, len(SEED)),
    st.binary(max_size=30),
)
def test_mutated_archives_give_an_observation_or_a_read_error(changes, cut, tail):
    data = bytearray(SEED)
    for at, value in changes:
        data[at] = value
    data = bytes(data[cut // 3 :]) + tail
    outcomes = []
    for _ in range(2):
        budget = Budget(bytes=100_000, items=2000, facts=10_000)
        try:
            seen = reader.read(SliceBlob(BytesBlob(data), 0, len(data)), budget, path="x", depth=0)
        except ReadError as error:
            outcomes.append(str(error))
            continue
        assert Observation.from_json(seen.to_json()) == seen
        assert seen.complete or seen.problems
        assert min(budget.bytes, budget.items, budget.facts) >= 0
        outcomes.append(canonical_json(seen.to_json()))
    assert outcomes[0] == outcomes[1]


def test_names_that_some_file_systems_hold_as_one():
    assert codes(look(made({"A.pkl": CALL, "a.pkl": CALL}))) == ["alike-name"]
    assert codes(look(made({"\u00e9.pkl": CALL, "e\u0301.pkl": CALL}))) == ["alike-name"]
    assert codes(look(made({"x\u202egpj.exe": b"a"}))) == ["bad-name"]


def test_what_is_inflated_at_once_is_bounded():
    data = made({"x.pkl": b"\x80\x02B" + struct.pack("<L", 900_000) + bytes(900_000) + b"."}, zipfile.ZIP_DEFLATED)
    seen = look(data, bytes=1_000_000)
    assert not seen.complete


def test_archives_one_after_another_are_read_each():
    first, second, third = (made({f"{name}/data.pkl": CALL}) for name in "abc")
    for name, problems in (("__0_0.distcp", []), ("model.pt", ["prepended-bytes"])):
        seen = reader.read(BytesBlob(first + second + third), Budget(), path=name, depth=0)
        assert codes(seen) == problems
        assert [name for name, _ in seen.members] == [f"archive at {len(first)}", "archive at 0", "c/data.pkl"]
        assert seen.complete


def test_bytes_before_archives_stay_a_problem():
    joined = b"#!/bin/sh\n" + made({"a": b"x"}) + made({"b": b"y"})
    assert codes(reader.read(BytesBlob(joined), Budget(), path="x.distcp", depth=0)) == ["prepended-bytes"]
