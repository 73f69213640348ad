"""What a client is told about chunks: a shard that it can read, in which it finds its own chunks and no others."""

from struct import unpack_from

from tests.store.xet.samples import usual

from assay.artifact.blob import BytesBlob
from assay.store.xet.dedup import chunks_answer, is_asked_for, keyed
from assay.store.xet.hashes import chunk_hash
from assay.store.xet.shard import read_shard

KEY, OTHER = b"k" * 32, b"o" * 32


def answer(xorbs):
    return chunks_answer(xorbs, KEY, now=1_000, expires=4_600)


def test_the_answer_is_a_shard_of_xorbs_with_keyed_chunks():
    xorbs = [stored.xorb for stored in usual().xorbs.values()]
    infos = list(read_shard(BytesBlob(answer(xorbs))))
    assert [(info.hash, info.length) for info in infos] == [(xorb.hash, xorb.length) for xorb in xorbs]
    for info, xorb in zip(infos, xorbs, strict=True):
        assert [chunk.hash for chunk in info.chunks] == [keyed(chunk.hash, KEY) for chunk in xorb.chunks]
        assert [chunk[1:] for chunk in info.chunks] == [(chunk.start, chunk.size) for chunk in xorb.chunks]


def test_no_chunk_is_named_as_it_is_named_elsewhere():
    xorbs = [stored.xorb for stored in usual().xorbs.values()]
    body = answer(xorbs)
    for xorb in xorbs:
        for chunk in xorb.chunks:
            assert bytes.fromhex(chunk.hash) not in body
            assert keyed(chunk.hash, KEY) != keyed(chunk.hash, OTHER) != chunk.hash


def test_the_footer_says_where_everything_is_and_until_when():
    body = answer([stored.xorb for stored in usual().xorbs.values()])
    footer = len(body) - 200
    assert unpack_from("<Q", body, 40) == (200,)
    assert unpack_from("<3Q", body, footer) == (1, 48, 96)
    assert body[footer + 72 : footer + 104] == KEY
    assert unpack_from("<2Q", body, footer + 104) == (1_000, 4_600)
    assert unpack_from("<Q", body, len(body) - 8) == (footer,)


def test_one_chunk_in_a_thousand_is_asked_for():
    chosen = sum(is_asked_for(chunk_hash(number.to_bytes(4, "big"))) for number in range(20_000))
    assert 5 <= chosen <= 45
