"""Files of chunks: the same bytes at every place as the plain file, and no claim that is believed."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.xet.samples import laid, noise, usual, words

from assay.artifact.blob import BytesBlob, sha256_of
from assay.errors import CorruptError, NotFoundError, ReadError, VerificationError
from assay.store.xet.files import Reassembled, StoredXorb, verify_file
from assay.store.xet.hashes import NO_HASH, chunk_hash
from assay.store.xet.shard import FileInfo, Term
from assay.store.xet.xorb import MAX_CHUNK

FILE = usual()


def verified(info, fetch=FILE.fetch):
    return verify_file(info, fetch, pytest.fail)


class Unchecked:
    """Xorbs that come as bytes only until their table was learnt."""

    def __init__(self, xorbs):
        self.xorbs, self.learnt = xorbs, {}

    def fetch(self, name):
        return self.xorbs[name]._replace(xorb=self.learnt[name]) if name in self.learnt else self.xorbs[name].blob

    def learn(self, xorb):
        assert xorb.hash not in self.learnt
        self.learnt[xorb.hash] = xorb


@settings(max_examples=150, deadline=None)
@given(st.integers(-5, len(FILE.data) + 5), st.integers(0, len(FILE.data) + 5), st.integers(1, 4))
def test_any_range_is_that_of_the_plain_file(offset, length, kept):
    blob = Reassembled(FILE.info.terms, FILE.fetch, kept_chunks=kept)
    assert blob.size == len(FILE.data)
    expected = FILE.data[offset : offset + length] if offset >= 0 else b""
    assert blob.read_at(offset, length) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=6), min_size=1, max_size=3), st.data())
def test_any_file_verifies_and_reads(xorbs, data):
    runs = []
    for _ in range(data.draw(st.integers(1, 5))):
        number = data.draw(st.integers(0, len(xorbs) - 1))
        first = data.draw(st.integers(0, len(xorbs[number]) - 1))
        runs.append((number, first, data.draw(st.integers(first + 1, len(xorbs[number])))))
    file = laid(xorbs, runs)
    late = Unchecked(file.xorbs)
    found = verify_file(file.info, file.fetch, pytest.fail)
    assert verify_file(file.info, late.fetch, late.learn) == found
    assert late.learnt == {name: file.xorbs[name].xorb for name in late.learnt}
    assert found.sha256 == hashlib.sha256(file.data).hexdigest()
    assert (found.hash, found.size, found.terms) == (file.info.hash, len(file.data), file.info.terms)
    assert sha256_of(Reassembled(file.info.terms, file.fetch)) == found.sha256


def test_the_sha256_is_computed_also_where_none_is_claimed():
    assert verified(FILE.with_info(sha256=None)).sha256 == FILE.info.sha256


def test_the_empty_file_verifies():
    empty = FileInfo(NO_HASH, (), (), hashlib.sha256().hexdigest())
    assert verified(empty).size == 0
    assert Reassembled((), FILE.fetch).read_at(0, 10) == b""


def swapped(values, first, second):
    values = list(values)
    values[first], values[second] = values[second], values[first]
    return tuple(values)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ranges": None}, "without the range hash"),
        ({"ranges": FILE.info.ranges[:-1]}, "without the range hash"),
        ({"ranges": swapped(FILE.info.ranges, 0, 1)}, "term 0 .* another range hash"),
        ({"hash": chunk_hash(b"other")}, "was registered as"),
        ({"terms": FILE.info.terms[:-1], "ranges": FILE.info.ranges[:-1]}, "was registered as"),
        (
            {"terms": swapped(FILE.info.terms, 0, 1), "ranges": swapped(FILE.info.ranges, 0, 1)},
            "was registered as",
        ),
        ({"sha256": hashlib.sha256(b"other").hexdigest()}, "registered with sha256"),
        ({"terms": (FILE.info.terms[0]._replace(size=1), *FILE.info.terms[1:])}, "with 1 bytes"),
        ({"terms": (FILE.info.terms[0]._replace(end=10), *FILE.info.terms[1:])}, "the xorb has 9 chunks"),
        ({"terms": (FILE.info.terms[0]._replace(first=20, end=21), *FILE.info.terms[1:])}, "these with 0 bytes"),
    ],
)
def test_a_wrong_claim_is_refused(wrong, words):
    with pytest.raises(VerificationError, match=words):
        verified(FILE.with_info(**wrong))


def test_a_xorb_that_the_asker_may_not_read_ends_it():
    def fetch(name):
        raise NotFoundError(f"no xorb {name}")

    with pytest.raises(NotFoundError):
        verified(FILE.info, fetch)


def test_a_bit_flipped_in_the_store_is_never_served():
    name = FILE.info.terms[1].xorb
    kept = FILE.xorbs[name]
    body = kept.blob.read_at(0, kept.blob.size)
    for chunk in kept.xorb.chunks:
        for place in (0, 4, 8, chunk.length - 1):
            bent = bytearray(body)
            bent[chunk.offset + place] ^= 1
            xorbs = {**FILE.xorbs, name: StoredXorb(BytesBlob(bytes(bent)), kept.xorb)}
            with pytest.raises(CorruptError, match=f"chunk at byte .* of xorb {name}"):
                verified(FILE.info, xorbs.__getitem__)
            with pytest.raises(CorruptError, match=f"chunk at byte .* of xorb {name}"):
                Reassembled([Term(name, 0, 6, sum(c.size for c in kept.xorb.chunks))], xorbs.__getitem__).read_at(
                    0, 9999
                )


class Counted:
    """A blob that counts how often it is read."""

    def __init__(self, blob):
        self.blob, self.size, self.reads = blob, blob.size, 0

    def read_at(self, offset, length):
        self.reads += 1
        return self.blob.read_at(offset, length)


def test_chunks_are_remembered_and_forgotten():
    file = laid([[words(1000, number) for number in range(8)]], [(0, 0, 8)])
    (name, kept) = next(iter(file.xorbs.items()))
    counted = Counted(kept.blob)
    blob = Reassembled(file.info.terms, {name: StoredXorb(counted, kept.xorb)}.__getitem__, kept_chunks=2)
    for offset in range(0, 1000, 10):
        blob.read_at(offset, 10)
    assert counted.reads == 1
    blob.read_at(0, 4000)
    assert counted.reads == 4
    blob.read_at(0, 1)
    assert counted.reads == 5


def test_a_large_file_is_read_in_order_once():
    file = laid([[noise(100_000, number) for number in range(40)]], [(0, 0, 40)])
    (name, kept) = next(iter(file.xorbs.items()))
    counted = Counted(kept.blob)
    verified(file.info, {name: StoredXorb(counted, kept.xorb)}.__getitem__)
    assert counted.reads == 40


def peak(work):
    """Return the most bytes that `work` held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("known", [True, False])
def test_memory_does_not_grow_with_the_file(known):
    """The same chunks again and again, as terms of a file: 12 MB, and 120 MB."""
    chunks = [words(MAX_CHUNK, number) for number in range(9)]
    small, large = (laid([chunks], [(0, 0, 9)] * times) for times in (10, 100))
    assert large.info.size > 110_000_000

    def reading(file):
        blob = Reassembled(file.info.terms, file.fetch, kept_chunks=4)
        return lambda: sha256_of(blob)

    def checking(file):
        fetch = file.fetch if known else lambda name: file.xorbs[name].blob
        return lambda: verify_file(file.info, fetch, lambda _: None)

    for work in (reading, checking):
        assert peak(work(large)) < peak(work(small)) + 100_000
        assert peak(work(large)) < 4 << 20


def test_a_wrong_claim_is_refused_also_when_xorbs_are_checked_on_the_way():
    for wrong in ({"hash": chunk_hash(b"other")}, {"sha256": "0" * 64}, {"ranges": swapped(FILE.info.ranges, 0, 1)}):
        late = Unchecked(FILE.xorbs)
        with pytest.raises(VerificationError):
            verify_file(FILE.with_info(**wrong), late.fetch, late.learn)


def test_a_bad_xorb_is_refused_when_it_is_checked_on_the_way():
    first, second = FILE.info.terms[0].xorb, FILE.info.terms[1].xorb
    late = Unchecked({**FILE.xorbs, first: FILE.xorbs[second]})
    with pytest.raises(VerificationError, match=f"sent as {first}"):
        verify_file(FILE.info, late.fetch, late.learn)
    late = Unchecked({**FILE.xorbs, second: StoredXorb(BytesBlob(b"no xorb at all"), None)})
    with pytest.raises(ReadError):
        verify_file(FILE.info, late.fetch, late.learn)
    assert second not in late.learnt
