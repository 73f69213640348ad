"""Reconstruction answers: a client that follows one to the letter has just the bytes it asked for."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.xet.samples import laid, usual

from assay.artifact.blob import BytesBlob
from assay.store.xet.reconstruction import reconstruction
from assay.store.xet.xorb import read_xorb, unpack_chunk

FILE = usual()


def answer(start=0, end=None, file=FILE):
    return reconstruction(
        file.info.terms,
        lambda name: file.xorbs[name].xorb,
        lambda name, first, last: f"/{name}/{first}-{last}",
        start=start,
        end=end,
    )


def followed(said, file=FILE):
    """Return the bytes that a client gets which fetches every named range and keeps to the terms."""
    chunks = {}
    for name, fetches in said["fetch_info"].items():
        for one in fetches:
            first, last = one["url_range"]["start"], one["url_range"]["end"]
            assert one["url"] == f"/{name}/{first}-{last}"
            body = file.xorbs[name].blob.read_at(first, last + 1 - first)
            found = read_xorb(BytesBlob(body)).chunks
            assert len(found) == one["range"]["end"] - one["range"]["start"]
            for index, chunk in enumerate(found, one["range"]["start"]):
                assert (name, index) not in chunks, "no chunk is sent twice"
                chunks[name, index] = bytes(unpack_chunk(body[chunk.offset : chunk.end]))
    parts = []
    for term in said["terms"]:
        part = b"".join(chunks[term["hash"], index] for index in range(term["range"]["start"], term["range"]["end"]))
        assert len(part) == term["unpacked_length"]
        parts.append(part)
    return b"".join(parts)[said["offset_into_first_range"] :]


def test_the_whole_file():
    said = answer()
    assert followed(said) == FILE.data
    assert said["offset_into_first_range"] == 0
    assert [term["hash"] for term in said["terms"]] == [term.xorb for term in FILE.info.terms]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(FILE.data) - 1), st.integers(1, len(FILE.data) + 10))
def test_any_range_and_not_a_chunk_more(start, length):
    said = answer(start, start + length)
    got = followed(said)
    wanted = FILE.data[start : start + length]
    assert got.startswith(wanted)
    first, last = said["terms"][0], said["terms"][-1]
    chunks = FILE.xorbs[first["hash"]].xorb.chunks
    assert said["offset_into_first_range"] < chunks[first["range"]["start"]].size
    chunks = FILE.xorbs[last["hash"]].xorb.chunks
    assert len(got) - len(wanted) < chunks[last["range"]["end"] - 1].size


def test_runs_that_touch_are_fetched_together():
    name = FILE.info.terms[0].xorb
    (one,) = answer()["fetch_info"][name]
    assert one["range"] == {"start": 2, "end": 8}
    apart = laid([[b"a", b"b", b"c", b"d"]], [(0, 3, 4), (0, 0, 2)])
    (fetches,) = answer(file=apart)["fetch_info"].values()
    assert [one["range"] for one in fetches] == [{"start": 0, "end": 2}, {"start": 3, "end": 4}]


def test_nothing_lies_behind_the_end():
    assert answer(len(FILE.data)) is None
    assert answer(len(FILE.data) + 5, len(FILE.data) + 9) is None
    assert answer(5, 5) is None
    assert answer(-1) is None


def test_the_empty_file_has_an_answer():
    empty = {"offset_into_first_range": 0, "terms": [], "fetch_info": {}}
    assert reconstruction((), FILE.fetch, lambda *_: "") == empty
    assert reconstruction((), FILE.fetch, lambda *_: "", start=1) is None
