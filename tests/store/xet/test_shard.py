"""Shards: what is written is read; nothing bent changes what is registered; sizes are bounded before they are used."""

import contextlib
import dataclasses
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.xet.samples import laid, noise, usual

from assay.artifact.blob import BytesBlob
from assay.errors import BudgetError, ReadError, VerificationError
from assay.store.xet.hashes import NO_HASH, chunk_hash
from assay.store.xet.shard import (
    MAX_CONTENT,
    MAX_SHARD,
    MAX_TERMS,
    ChunkInfo,
    FileInfo,
    Term,
    XorbInfo,
    check_xorb,
    read_shard,
    write_shard,
)
from assay.store.xet.xorb import MAX_CHUNK, MAX_CHUNKS

ONE = chunk_hash(b"one")


def described(stored):
    chunks = tuple(ChunkInfo(chunk.hash, chunk.start, chunk.size) for chunk in stored.xorb.chunks)
    return XorbInfo(stored.xorb.hash, chunks, sum(chunk.size for chunk in chunks), stored.xorb.length)


FILE = usual()
BLOCKS = [FILE.info, dataclasses.replace(FILE.info, ranges=None, sha256=None), FileInfo(NO_HASH, (), (), None)]
XORBS = [described(one) for one in FILE.xorbs.values()]
SHARD = write_shard(BLOCKS, XORBS)


def read(data):
    return list(read_shard(BytesBlob(data)))


def test_what_was_written_is_read():
    assert read(SHARD) == [*BLOCKS, *XORBS]
    assert BLOCKS[0].size == len(FILE.data)


def test_a_footer_is_passed_over():
    with_footer = SHARD[:40] + (200).to_bytes(8, "little") + SHARD[48:]
    assert read(with_footer + noise(1000)) == [*BLOCKS, *XORBS]
    with pytest.raises(ReadError, match="199 bytes behind"):
        read(with_footer + bytes(199))


def test_a_shard_cut_anywhere_is_refused():
    for end in range(0, len(SHARD), 7):
        with pytest.raises(ReadError):
            read(SHARD[:end])


def test_a_flipped_bit_is_refused_or_shows_in_what_is_read():
    small = write_shard([laid([[b"a", b"b"]], [(0, 0, 2)]).info], [XorbInfo(ONE, (ChunkInfo(ONE, 0, 3),), 3, 0)])
    reserved = 0
    for bit in range(len(small) * 8):
        bent = bytearray(small)
        bent[bit // 8] ^= 1 << bit % 8
        try:
            reserved += read(bytes(bent)) == read(small)
        except ReadError:
            continue
    # Reserved words, the rest of end marks, and the mark that a chunk may be asked for elsewhere.
    assert reserved == 8 * (8 + 16 * 2 + 16 * 2 + 4) + 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_blocks_or_our_error(data):
    for shard in (data, SHARD[:48] + data, SHARD[:96] + data):
        try:
            read(shard)
        except ReadError:
            continue


def edit(data, at, value, size=4):
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


# The first block of SHARD: header 0, file 48, its five terms 96, range hashes 336, sha256 576.
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x" * 100, "no shard"),
        (edit(SHARD, 32, 3, 8), "version 3"),
        (edit(SHARD, 40, 48, 8), "footer of 48"),
        (SHARD + b"x", "1 bytes behind"),
        (edit(SHARD, 80, 1), "flags 0x1"),
        (edit(SHARD, 84, MAX_TERMS), "ends inside the terms"),
        (edit(SHARD, 84, 0), "has 0 terms"),
        (edit(SHARD, 128, 1), "flags 0x1"),
        (edit(SHARD, 132, 0), "with 0 bytes"),
        (edit(SHARD, 132, 4 * 131072), "with 524,288 bytes"),
        (edit(SHARD, 136, 5), "chunks 5 to 5"),
        (edit(SHARD, 140, 8193), "chunks 2 to 8193"),
        (write_shard([FileInfo(ONE, (), None, None)]), "has 0 terms"),
        (write_shard([FileInfo(NO_HASH, (Term(ONE, 0, 1, 1),), None, None)]), "has 1 terms"),
        (write_shard([], [XorbInfo(ONE, (), 0, 0)]), "0 chunks"),
        (write_shard([], [XorbInfo(ONE, (ChunkInfo(ONE, 0, 3),), 4, 0)]), "claims 4 bytes"),
        (write_shard([], [XorbInfo(ONE, (ChunkInfo(ONE, 1, 3),), 3, 0)]), "makes no sense"),
        (write_shard([], [XorbInfo(ONE, (ChunkInfo(ONE, 0, 131073),), 131073, 0)]), "makes no sense"),
    ],
)
def test_what_is_no_shard_is_refused(data, words):
    with pytest.raises(ReadError, match=words):
        read(data)


def test_a_shard_and_a_file_have_a_largest_size():
    class Huge:
        size = MAX_SHARD + 1

        def read_at(self, offset, length):
            raise AssertionError

    with pytest.raises(BudgetError, match="67,108,865 bytes"):
        list(read_shard(Huge()))
    with pytest.raises(BudgetError, match="terms, more than"):
        read(edit(SHARD, 84, MAX_TERMS + 1))


def test_files_that_few_bytes_make_huge_are_refused():
    """A term names 1 GiB that packs into a few MB; to check 256 TiB of it would take days."""
    gigabyte = Term(ONE, 0, MAX_CHUNKS, MAX_CHUNKS * MAX_CHUNK)
    half = FileInfo(ONE, (gigabyte,) * 512, None, None)
    assert 2 * half.size == MAX_CONTENT
    assert len(read(write_shard([half, half]))) == 2
    with pytest.raises(BudgetError, match="1,099,511,627,776 bytes"):
        read(write_shard([half, half, FileInfo(ONE, (Term(ONE, 0, 1, 1),), None, None)]))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_shard_put_together_from_parts_gives_blocks_or_our_error(data):
    cut = st.integers(0, len(SHARD) // 48).map(lambda record: record * 48)
    parts = data.draw(st.lists(st.tuples(cut, cut) | st.binary(max_size=96), max_size=6))
    body = SHARD[:48] + b"".join(part if isinstance(part, bytes) else SHARD[slice(*part)] for part in parts)
    with contextlib.suppress(ReadError):
        read(body)


def test_numbers_of_any_size_take_no_memory():
    """Counts are compared with the bytes that are there before room is made for what they count."""
    tracemalloc.start()
    for at in range(48, len(SHARD) - 4, 4):
        with contextlib.suppress(ReadError):
            read(edit(SHARD, at, 0x0003FFFF))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_xorb_is_compared_with_what_is_claimed_of_it():
    stored = next(iter(FILE.xorbs.values()))
    claimed = described(stored)
    check_xorb(claimed, stored.xorb)
    first, *rest = claimed.chunks
    for wrong in (
        dataclasses.replace(claimed, hash=ONE),
        dataclasses.replace(claimed, chunks=claimed.chunks[:-1]),
        dataclasses.replace(claimed, chunks=(first._replace(size=first.size + 1), *rest)),
        dataclasses.replace(claimed, chunks=(first._replace(hash=ONE), *rest)),
    ):
        with pytest.raises(VerificationError):
            check_xorb(wrong, stored.xorb)
