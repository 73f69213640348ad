"""Large files by SHA-256: one blob or many chunks, read alike, and never a wrong byte."""

import hashlib
import random
from contextlib import contextmanager

import pytest
from sqlalchemy import update
from tests.store.xet.samples import laid, noise, usual

from assay.artifact.blob import sha256_of
from assay.errors import CorruptError, NotFoundError
from assay.store.blobs import open_blobs
from assay.store.contents import (
    Content,
    Contents,
    OpenXorbs,
    add_file,
    add_flat,
    is_sha256,
    terms_of,
    xet_of,
    xorb_row,
)
from assay.store.database import insert_missing
from assay.store.tables import content, xet_file, xet_xorb
from assay.store.xet.files import VerifiedFile
from assay.store.xet.hashes import NO_HASH, chunk_hash

UNKNOWN = chunk_hash(b"nobody has this")


@pytest.fixture
def blobs(tmp_path):
    return open_blobs(tmp_path / "blobs")


@pytest.fixture
def contents(database, blobs):
    return Contents(database, blobs)


def put(blobs, data):
    with blobs.writer() as writer:
        writer.write(data)
        return writer.commit().sha256


def add_chunked(database, blobs, file):
    rows = []
    for name, stored in file.xorbs.items():
        body = stored.blob.read_at(0, stored.blob.size)
        rows.append({"hash": name, "blob": put(blobs, body), "length": len(body), "chunks": stored.xorb.to_bytes()})
    with database.write() as connection:
        insert_missing(connection, xet_xorb, rows)
        add_file(connection, VerifiedFile(file.info.hash, file.info.sha256, file.info.size, file.info.terms))
    return file


@pytest.fixture
def chunked(database, blobs):
    return add_chunked(database, blobs, usual())


@pytest.fixture
def flat(database, blobs):
    data = noise(2_500_000)
    sha256 = put(blobs, data)
    with database.write() as connection:
        add_flat(connection, sha256, len(data))
    return sha256, data


def test_a_blob_is_read_anywhere(contents, flat):
    sha256, data = flat
    assert contents.find(sha256) == Content(sha256, len(data), None)
    with contents.open(sha256) as blob:
        assert blob.size == contents.size(sha256) == len(data)
        assert blob.read_at(1_048_570, 20) == data[1_048_570:1_048_590]
        assert sha256_of(blob) == sha256


def test_a_file_of_chunks_is_read_anywhere(contents, chunked):
    assert contents.find(chunked.info.sha256) == Content(chunked.info.sha256, len(chunked.data), chunked.info.hash)
    rng = random.Random(3)
    with contents.open(chunked.info.sha256) as blob:
        assert (blob.size, sha256_of(blob)) == (len(chunked.data), chunked.info.sha256)
        for _ in range(50):
            start, length = rng.randrange(len(chunked.data) + 10), rng.randrange(5_000)
            assert blob.read_at(start, length) == chunked.data[start : start + length]


def test_a_file_of_no_bytes(database, contents):
    sha256 = hashlib.sha256().hexdigest()
    with database.write() as connection:
        add_file(connection, VerifiedFile(NO_HASH, sha256, 0, ()))
    with contents.open(sha256) as blob:
        assert (blob.size, blob.read_at(0, 10)) == (0, b"")


def test_what_is_recorded_first_stays(database, contents, flat, chunked):
    sha256, data = flat
    with database.write() as connection:
        add_file(connection, VerifiedFile(UNKNOWN, sha256, len(data), chunked.info.terms))
        add_flat(connection, chunked.info.sha256, len(chunked.data))
    assert contents.find(sha256).xet is None
    assert contents.find(chunked.info.sha256).xet == chunked.info.hash


def test_terms_and_xorbs_come_back_as_they_were_recorded(database, chunked):
    with database.read() as connection:
        assert terms_of(connection, chunked.info.hash) == chunked.info.terms
        assert xet_of(connection, [chunked.info.sha256, "0" * 64]) == [chunked.info.hash]
        for name, stored in chunked.xorbs.items():
            assert xorb_row(connection, name)[1] == stored.xorb


def test_what_is_not_there(database, contents):
    for ask in (contents.find, contents.size, lambda sha256: contents.open(sha256).__enter__()):
        with pytest.raises(NotFoundError):
            ask("0" * 64)
    with database.read() as connection:
        for ask in (terms_of, xorb_row):
            with pytest.raises(NotFoundError):
                ask(connection, UNKNOWN)


def damage(blobs, sha256):
    path = blobs.local_path(sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_flipped_bit_is_never_handed_out(database, contents, blobs, flat, chunked):
    for one in list(blobs.list()):
        damage(blobs, one.sha256)
    for sha256 in (flat[0], chunked.info.sha256):
        with pytest.raises(CorruptError), contents.open(sha256) as blob:
            sha256_of(blob)


def test_a_damaged_table_is_found_out(database, contents, chunked):
    (name, stored), *_ = chunked.xorbs.items()
    rows = bytearray(stored.xorb.to_bytes())
    rows[3] ^= 1
    with database.write() as connection:
        connection.execute(update(xet_xorb).where(xet_xorb.c.hash == name).values(chunks=bytes(rows)))
    with pytest.raises(CorruptError, match="chunk table"), contents.open(chunked.info.sha256) as blob:
        sha256_of(blob)


@pytest.mark.parametrize(("table", "column"), [(content, "size"), (xet_file, "terms")])
def test_rows_that_contradict_each_other_are_found_out(database, contents, chunked, table, column):
    values = {"size": len(chunked.data) + 1, "terms": b""}
    with database.write() as connection:
        connection.execute(update(table).values(**{column: values[column]}))
    with pytest.raises(CorruptError, match="instead of"), contents.open(chunked.info.sha256):
        pass


class Counting:
    """A content store that knows how many blobs are open, and how many were at most."""

    def __init__(self, blobs):
        self._blobs = blobs
        self.now = self.most = 0

    @contextmanager
    def open(self, sha256):
        with self._blobs.open(sha256) as blob:
            self.now += 1
            self.most = max(self.most, self.now)
            yield blob
            self.now -= 1


def test_however_many_xorbs_a_file_has_few_are_open(database, blobs):
    xorbs = [[noise(300, number)] for number in range(20)]
    file = add_chunked(database, blobs, laid(xorbs, [(number * 7 % 20, 0, 1) for number in range(60)]))
    counting = Counting(blobs)
    with Contents(database, counting).open(file.info.sha256) as blob:
        assert sha256_of(blob) == file.info.sha256
        assert [blob.read_at(at, 1) for at in range(0, 18_000, 299)]
    assert (counting.now, counting.most) == (0, 9)


def test_a_xorb_is_opened_once_while_it_is_in_use(database, blobs, chunked):
    counting = Counting(blobs)
    with OpenXorbs(database, counting) as xorbs:
        for name, stored in [*chunked.xorbs.items()] * 3:
            assert xorbs.fetch(name).xorb == stored.xorb
        with pytest.raises(NotFoundError):
            xorbs.fetch(UNKNOWN)
        assert counting.now == counting.most == 3
    assert counting.now == 0


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 63 + "\n", "é" * 64])
def test_what_names_no_content(text):
    assert not is_sha256(text)
    assert is_sha256("0" * 64)
