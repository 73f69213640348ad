"""The real client against a toy store: what it sends passes our checks, and it gets back what it sent."""

import hashlib
import random
import re

import pytest
from tests.store.xet.samples import floats, noise, words

from assay.artifact.blob import sha256_of
from assay.store.xet.files import Reassembled
from assay.store.xet.hashes import chunk_hash, file_hash
from assay.store.xet.xorb import Scheme

RANDOM = random.Random(11)
FILES = {
    "empty": b"",
    "one byte": b"x",
    **{f"{size} of noise": noise(size, size) for size in (8191, 8192, 8193, 65_536, 131_072, 131_073, 2_500_000)},
    **{f"{size} at random": noise(size, size) for size in (int(2 ** RANDOM.uniform(0, 21)) for _ in range(12))},
    "words": words(3_000_000),
    "floats": floats(2_000_003),
    "zeros": bytes(1_000_000),
}


def test_every_file_sent_verifies_and_has_the_hash_the_client_gives(client, cas):
    infos = client.upload(cas, FILES)
    for name, data in FILES.items():
        assert infos[name].hash == client.hash_of(data), name
        verified = cas.files[infos[name].hash]
        assert (verified.sha256, verified.size) == (hashlib.sha256(data).hexdigest(), len(data)), name
        assert sha256_of(Reassembled(verified.terms, cas.fetch)) == verified.sha256, name
    used = {
        stored.blob.read_at(chunk.offset + 4, 1)[0] for stored in cas.xorbs.values() for chunk in stored.xorb.chunks
    }
    assert used == set(Scheme), "every way to pack was met"


@pytest.mark.parametrize("size", [1, 2, 1000, 8191, 8192])
def test_the_hash_of_a_file_of_one_chunk_needs_no_store(client, size):
    assert file_hash(chunk_hash(noise(size))) == client.hash_of(noise(size))


def test_the_client_gets_back_what_it_sent(client, cas):
    assert client.download(cas, client.upload(cas, FILES)) == FILES


def test_a_file_over_several_xorbs_comes_and_goes(client, cas):
    data = noise(70 << 20)
    infos = client.upload(cas, {"large": data})
    assert len(cas.xorbs) == 2
    assert cas.files[infos["large"].hash].sha256 == hashlib.sha256(data).hexdigest()
    assert client.download(cas, infos) == {"large": data}


def test_the_client_reads_ranges(client, cas):
    data = FILES["words"] + FILES["2500000 of noise"]
    info = client.upload(cas, {"both": data})["both"]
    rng = random.Random(7)
    starts = [rng.randrange(len(data)) for _ in range(12)]
    ranges = [(start, rng.randrange(start, len(data)) + 1) for start in starts]
    assert list(client.read(cas, info, ranges)) == [data[start:end] for start, end in ranges]


def test_a_file_that_shares_chunks_is_made_of_several_terms(client, cas):
    data = FILES["2500000 of noise"]
    twice = data + b"edit" + data[:1_500_000]
    info = client.upload(cas, {"twice": twice})["twice"]
    assert sum(chunk.size for stored in cas.xorbs.values() for chunk in stored.xorb.chunks) < 1.2 * len(data)
    verified = cas.files[info.hash]
    assert len(verified.terms) > 1
    assert Reassembled(verified.terms, cas.fetch).read_at(2_499_990, 30) == twice[2_499_990:2_500_020]


def calls(cas):
    """Return what was asked, in order: hashes as `*`, what is signed as `?`, and no telemetry, which comes any time."""
    short = [re.sub(r"\?.+", "?", re.sub(r"[0-9a-f]{64}", "*", line)) for line in cas.asked]
    cas.asked.clear()
    return [line for line in short if line != "POST /v1/telemetry"]


def test_the_calls_of_the_client_in_order(client, cas):
    """Newer calls are tried first, and 404 leads to those that are served; nothing else is needed."""
    infos = client.upload(cas, {"file": noise(300_000)})
    assert calls(cas) == [
        "GET /v1/chunks/default/*",
        "POST /v1/xorb-grants/default/*",
        "POST /v1/xorbs/default/*",
        "POST /v2/shards",
        "POST /v1/shards",
    ]
    client.download(cas, infos)
    assert calls(cas) == ["GET /v2/reconstructions/*", "GET /v1/reconstructions/*", "GET /data/*?"]
