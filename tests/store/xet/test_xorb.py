"""Xorbs: what is written is read; what is bent, cut, swollen or claimed wrongly is refused within limits."""

import tracemalloc

import lz4.frame
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.xet.samples import floats, noise, words

from assay.artifact.blob import BytesBlob
from assay.errors import BudgetError, CorruptError, ReadError, VerificationError
from assay.store.xet.hashes import chunk_hash, xorb_hash
from assay.store.xet.xorb import (
    MAX_CHUNK,
    MAX_CHUNKS,
    Scheme,
    Xorb,
    XorbReader,
    read_xorb,
    unpack_chunk,
    write_xorb,
)

CHUNKS = [noise(5000), words(9000), floats(4099), b"x", words(MAX_CHUNK)]


def chunk(packed, size, scheme=Scheme.LZ4, version=0):
    head = bytes([version]) + len(packed).to_bytes(3, "little") + bytes([scheme]) + size.to_bytes(3, "little")
    return head + packed


@pytest.mark.parametrize("scheme", Scheme)
def test_what_was_written_is_read(scheme):
    body = write_xorb(CHUNKS, scheme)
    xorb = read_xorb(BytesBlob(body))
    assert xorb.hash == xorb_hash((chunk_hash(data), len(data)) for data in CHUNKS)
    assert xorb.length == len(body)
    assert [bytes(unpack_chunk(body[one.offset : one.end])) for one in xorb.chunks] == CHUNKS
    assert [one.start for one in xorb.chunks] == [sum(map(len, CHUNKS[:number])) for number in range(len(CHUNKS))]


@pytest.mark.parametrize("scheme", [Scheme.LZ4, Scheme.GROUPED_LZ4])
def test_a_chunk_is_packed_only_where_that_helps(scheme):
    assert write_xorb([noise(1000)], scheme) == chunk(noise(1000), 1000, Scheme.NONE)
    assert len(write_xorb([floats(10_000)], scheme)) < 10_000


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=20), st.sampled_from(Scheme), st.data())
def test_pieces_of_any_size_give_the_same_table(chunks, scheme, data):
    body = write_xorb(chunks, scheme)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=9)))
    reader = XorbReader()
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        reader.feed(body[start:end])
    assert reader.finish() == read_xorb(BytesBlob(body))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_our_error(body):
    try:
        xorb = read_xorb(BytesBlob(body))
    except ReadError:
        return
    assert 0 < xorb.length <= len(body)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([Scheme.LZ4, Scheme.GROUPED_LZ4]), st.binary(max_size=200), st.integers(1, 500))
def test_any_bytes_as_a_frame_give_a_table_or_our_error(scheme, packed, size):
    for frame in (packed, lz4.frame.compress(words(300))[:15] + packed):
        try:
            xorb = read_xorb(BytesBlob(chunk(frame, size, scheme)))
        except ReadError:
            continue
        assert xorb.chunks[0].size == size


PARTS = [write_xorb([data], scheme) for data in (noise(40), words(90), floats(120)) for scheme in Scheme]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, 60), st.binary(max_size=3)), max_size=8), st.data())
def test_a_xorb_put_together_from_parts_gives_a_table_or_our_error(parts, data):
    body = b"".join(part[:at] + put + part[at + len(put) :] for part, at, put in parts)
    reader = XorbReader()
    at = data.draw(st.integers(0, len(body)))
    try:
        reader.feed(body[:at])
        reader.feed(body[at:])
        xorb = reader.finish()
    except ReadError:
        return
    assert xorb.hash == xorb_hash(
        (chunk_hash(unpack_chunk(body[one.offset : one.end])), one.size) for one in xorb.chunks
    )


@pytest.mark.parametrize("block", [4, 5, 6, 7])
@pytest.mark.parametrize("claimed", [1 << 30, 1 << 62])
def test_a_frame_that_claims_a_huge_content_takes_no_memory(block, claimed):
    described = bytes([0x68, block << 4]) + claimed.to_bytes(8, "little")
    check = xxhash.xxh32(described).intdigest() >> 8 & 0xFF
    frame = b"\x04\x22\x4d\x18" + described + bytes([check]) + (4 | 1 << 31).to_bytes(4, "little") + b"abcd" + bytes(4)
    tracemalloc.start()
    with pytest.raises(ReadError, match="no sound LZ4 frame"):
        read_xorb(BytesBlob(chunk(frame, 4)))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("scheme", Scheme)
def test_a_flipped_bit_is_refused_or_changes_nothing(scheme):
    body = write_xorb([noise(40), words(90), floats(120)], scheme)
    claimed = read_xorb(BytesBlob(body))
    for bit in range(len(body) * 8):
        bent = bytearray(body)
        bent[bit // 8] ^= 1 << bit % 8
        try:
            xorb = read_xorb(BytesBlob(bytes(bent)), claimed.hash)
        except (ReadError, VerificationError):
            continue
        assert xorb == claimed, "the same chunks by other packed bytes"


def test_a_xorb_cut_anywhere_is_refused():
    body = write_xorb([noise(30), words(60)])
    claimed = read_xorb(BytesBlob(body)).hash
    for end in range(len(body)):
        with pytest.raises((ReadError, VerificationError)):
            read_xorb(BytesBlob(body[:end]), claimed)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no chunk"),
        (b"\0\1\0", "ends inside chunk 0"),
        (chunk(b"abc", 3, Scheme.NONE, version=1), "version 1"),
        (chunk(b"abc", 3, 3), "scheme 3"),
        (chunk(b"abc", 4, Scheme.NONE), "names 4 bytes and holds 3"),
        (chunk(b"", 3), "0 packed bytes"),
        (chunk(b"abc", 0), "0 unpacked bytes"),
        (chunk(b"a" * (MAX_CHUNK + 1), MAX_CHUNK + 1, Scheme.NONE), "131,073 unpacked bytes"),
        (chunk(b"a" * (2 * MAX_CHUNK + 1), 5), "262,145 packed bytes"),
        (chunk(b"abcdefgh", 3), "no sound LZ4 frame"),
        (chunk(lz4.frame.compress(b"abc") + b"more", 3), "just the 3 bytes"),
        (chunk(lz4.frame.compress(b"abc"), 2), "just the 2 bytes"),
        (chunk(lz4.frame.compress(b"abc"), 4), "just the 4 bytes"),
        (chunk(lz4.frame.compress(b"abc")[:-1], 3), "just the 3 bytes"),
        (chunk(b"\x50\x2a\x4d\x18\1\0\0\0x", 3), "just the 3 bytes"),
    ],
)
def test_what_is_no_xorb_is_refused(body, words):
    with pytest.raises(ReadError, match=words):
        read_xorb(BytesBlob(body))


def test_the_place_of_a_bad_chunk_is_named():
    good = write_xorb([noise(50)])
    with pytest.raises(ReadError) as caught:
        read_xorb(BytesBlob(good + chunk(b"abc", 3)))
    assert caught.value.offset == len(good)


def test_another_hash_than_claimed_is_refused():
    with pytest.raises(VerificationError, match="was sent as"):
        read_xorb(BytesBlob(write_xorb([b"x"])), chunk_hash(b"y"))


def test_a_bomb_unpacks_no_further_than_it_says():
    bomb = lz4.frame.compress(bytes(30 << 20))
    assert len(bomb) < 2 * MAX_CHUNK
    tracemalloc.start()
    with pytest.raises(ReadError, match="just the 131,072 bytes"):
        read_xorb(BytesBlob(chunk(bomb, MAX_CHUNK)))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_too_many_chunks_and_too_many_bytes_are_refused():
    one = chunk(b"x", 1, Scheme.NONE)
    assert len(read_xorb(BytesBlob(one * MAX_CHUNKS)).chunks) == MAX_CHUNKS
    with pytest.raises(BudgetError, match="8,192 chunks"):
        read_xorb(BytesBlob(one * (MAX_CHUNKS + 1)))
    reader = XorbReader()
    full = chunk(bytes(MAX_CHUNK), MAX_CHUNK, Scheme.NONE)
    for _ in range(512):
        reader.feed(full)
    with pytest.raises(BudgetError, match="67,174,400 bytes"):
        reader.feed(full)


def test_a_footer_is_passed_over_and_bounded():
    body = write_xorb([words(500)])
    xorb = read_xorb(BytesBlob(body))
    reader = XorbReader()
    for byte in body + b"XETBLOB\1" + noise(300):
        reader.feed(bytes([byte]))
    assert reader.finish() == xorb
    assert read_xorb(BytesBlob(body + b"XETBLOB\1" + noise(300))).length == len(body)
    with pytest.raises(BudgetError, match="footer"):
        read_xorb(BytesBlob(body + b"XETBLOB\1" + bytes(400_000)))


def test_the_table_of_chunks_can_be_kept_beside():
    xorb = read_xorb(BytesBlob(write_xorb(CHUNKS)))
    rows = xorb.to_bytes()
    assert len(rows) == 40 * len(CHUNKS)
    assert Xorb.from_bytes(rows, xorb.hash) == xorb
    for bad in (b"", rows[:-1], rows[40:], rows[:31] + b"?" + rows[32:]):
        with pytest.raises(CorruptError):
            Xorb.from_bytes(bad, xorb.hash)


@pytest.mark.parametrize("size", [0, MAX_CHUNK + 1])
def test_no_chunk_of_another_size_is_written(size):
    with pytest.raises(ValueError, match="are possible"):
        write_xorb([bytes(size)])
