"""What a client is told about chunks: a shard that it can read, in which it finds its own chunks and no others."""

from itertools import count, islice
from struct import unpack_from

import pytest
from tests.store.xet.samples import noise, usual

from assay.artifact.blob import BytesBlob
from assay.store.xet.dedup import chunks_answer, is_asked_for, keyed
from assay.store.xet.hashes import chunk_hash
from assay.store.xet.shard import read_shard
from assay.store.xet.xorb import MAX_CHUNK

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


# The real client, which forgets between uploads what it sent

DATA = noise(20_000_000)
EDIT = noise(len(DATA) // 100, 1)


def edited(at):
    return DATA[:at] + EDIT + DATA[at + len(EDIT) :]


def share_sent(client, cas, data):
    """Return how much of `data` was sent as xorbs by a client that remembers nothing."""
    client.forget()
    before = cas.received
    client.upload(cas, {"file": data})
    return (cas.received - before) / len(data)


def asked_for(cas):
    return [line.rpartition("/")[2] for line in cas.asked if line.startswith("GET /v1/chunks/")]


def test_what_is_known_is_not_sent_again(client, cas):
    assert share_sent(client, cas, DATA) > 1
    assert share_sent(client, cas, DATA) == 0


@pytest.mark.parametrize("at", [200_000, len(DATA) // 2, len(DATA) - len(EDIT)])
def test_an_edit_moves_little(client, cas, at):
    client.upload(cas, {"file": DATA})
    assert 0.01 <= share_sent(client, cas, edited(at)) <= 0.03


def test_an_insertion_moves_little(client, cas):
    client.upload(cas, {"file": DATA})
    assert 0.01 <= share_sent(client, cas, DATA[:7_000_001] + EDIT + DATA[7_000_001:]) <= 0.03


def test_an_answer_helps_also_without_the_chunk_that_was_asked_for(client, cas):
    """Nobody knows the first chunk of a file that was changed at its beginning; the rest is in the same xorbs."""
    client.upload(cas, {"file": DATA})
    assert share_sent(client, cas, edited(0)) > 1
    (old, *_) = cas.xorbs
    first = asked_for(cas)[-1]
    cas.known = {first: {old}}
    assert first not in {chunk.hash for chunk in cas.xorbs[old].xorb.chunks}
    assert share_sent(client, cas, edited(0)) <= 0.03


def long_chunks(first):
    """Yield chunks that clients cut just so: each is as long as can be, with no place to cut in it."""
    for number in count(first):
        yield number.to_bytes(8, "little") + bytes(MAX_CHUNK - 8)


def run(first, length):
    return b"".join(islice(long_chunks(first), length))


CHOSEN = next(data for data in long_chunks(1) if is_asked_for(chunk_hash(data)))


@pytest.mark.parametrize(("before", "times"), [(255, 0), (256, 1)])
def test_the_client_asks_for_the_first_chunk_and_for_one_in_a_thousand_far_behind_it(client, cas, before, times):
    data = run(1 << 32, before) + CHOSEN + run(1 << 33, 5)
    client.upload(cas, {"file": data})
    first = chunk_hash(data[:MAX_CHUNK])
    assert sorted(asked_for(cas)) == sorted([first, *[chunk_hash(CHOSEN)] * times])


def test_one_chunk_in_a_thousand_is_enough_to_find_the_rest(client, cas):
    client.upload(cas, {"file": run(1 << 32, 260) + CHOSEN + run(1 << 33, 60)})
    before = set(cas.xorbs)
    client.forget()
    client.upload(cas, {"file": run(1 << 34, 260) + CHOSEN + run(1 << 33, 60)})
    (sent,) = (stored.xorb for name, stored in cas.xorbs.items() if name not in before)
    assert len(sent.chunks) == 260
