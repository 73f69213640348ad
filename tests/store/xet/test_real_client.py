"""The real client against a toy store: what it sends passes our checks, and it gets back what it sent."""

import hashlib
import importlib.util
import random

import pytest
from tests.make.toy_cas import LATER, toy_cas
from tests.store.xet.samples import floats, noise, words

from assay.artifact.blob import sha256_of
from assay.store.xet.files import Reassembled
from assay.store.xet.hashes import chunk_hash, file_hash
from assay.store.xet.xorb import Scheme

FILES = {
    "empty": b"",
    "one byte": b"x",
    **{f"{size} of noise": noise(size, size) for size in (8191, 8192, 8193, 65_536, 131_072, 131_073, 2_500_000)},
    "words": words(3_000_000),
    "floats": floats(2_000_003),
    "zeros": bytes(1_000_000),
}


@pytest.fixture
def client(require, monkeypatch):
    require("hf_xet", importlib.util.find_spec("hf_xet"), "the package hf-xet is not installed")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    return importlib.import_module("hf_xet")


@pytest.fixture
def cas():
    with toy_cas() as running:
        yield running


def uploaded(client, cas, files):
    commit = client.XetSession().new_upload_commit(
        endpoint=cas.url, token=cas.token("write"), token_expiry_unix_secs=LATER
    )
    handles = {
        name: commit.start_upload_bytes(data, name=name, sha256=client.COMPUTE_SHA256) for name, data in files.items()
    }
    commit.wait_to_finish()
    return {name: handle.result().xet_info for name, handle in handles.items()}


def test_every_file_sent_verifies_and_has_the_hash_the_client_gives(client, cas, tmp_path):
    infos = uploaded(client, cas, FILES)
    for number, (name, data) in enumerate(FILES.items()):
        path = tmp_path / str(number)
        path.write_bytes(data)
        (oracle,) = client.hash_files([str(path)])
        verified = cas.files[oracle.hash]
        assert infos[name].hash == oracle.hash, name
        assert (verified.sha256, verified.size) == (hashlib.sha256(data).hexdigest(), len(data)), name
        assert sha256_of(Reassembled(verified.terms, cas.fetch)) == verified.sha256, name
    used = {
        stored.blob.read_at(chunk.offset + 4, 1)[0] for stored in cas.xorbs.values() for chunk in stored.xorb.chunks
    }
    assert used == set(Scheme), "every way to pack was met"


@pytest.mark.parametrize("size", [1, 2, 1000, 8191, 8192])
def test_the_hash_of_a_file_of_one_chunk_needs_no_store(client, tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(noise(size))
    (oracle,) = client.hash_files([str(path)])
    assert file_hash(chunk_hash(noise(size))) == oracle.hash


def test_the_client_gets_back_what_it_sent(client, cas, tmp_path):
    infos = uploaded(client, cas, FILES)
    group = client.XetSession().new_file_download_group(
        endpoint=cas.url, token=cas.token("read"), token_expiry_unix_secs=LATER
    )
    for number, info in enumerate(infos.values()):
        group.start_download_file(info, str(tmp_path / str(number)))
    group.wait_to_finish()
    for number, (name, data) in enumerate(FILES.items()):
        assert (tmp_path / str(number)).read_bytes() == data, name


def test_the_client_reads_ranges(client, cas):
    data = FILES["words"] + FILES["2500000 of noise"]
    info = uploaded(client, cas, {"both": data})["both"]
    group = client.XetSession().new_download_stream_group(
        endpoint=cas.url, token=cas.token("read"), token_expiry_unix_secs=LATER
    )
    rng = random.Random(7)
    for _ in range(12):
        start = rng.randrange(len(data))
        end = rng.randrange(start, len(data)) + 1
        assert b"".join(map(bytes, group.download_stream(info, start=start, end=end))) == data[start:end]


def test_a_file_that_shares_chunks_is_made_of_several_terms(client, cas):
    data = FILES["2500000 of noise"]
    twice = data + b"edit" + data[:1_500_000]
    info = uploaded(client, cas, {"twice": twice})["twice"]
    assert sum(chunk.size for stored in cas.xorbs.values() for chunk in stored.xorb.chunks) < 1.2 * len(data)
    verified = cas.files[info.hash]
    assert len(verified.terms) > 1
    assert Reassembled(verified.terms, cas.fetch).read_at(2_499_990, 30) == twice[2_499_990:2_500_020]
