"""Blobs give the same bytes however they are read."""

from __future__ import annotations

import hashlib
import os

import pytest

from assay.artifact.blob import BytesBlob, FileBlob, sha256_of
from assay.errors import ReadError


@pytest.mark.parametrize("size", [0, 1, 4095, (16 << 20) - 1, 16 << 20, (16 << 20) + 1])
def test_a_mapped_file_has_the_digest_of_its_bytes(tmp_path, size):
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    with (tmp_path / "file").open("rb") as file:
        blob = FileBlob(file.fileno(), size)
        assert sha256_of(blob, mapped=True) == sha256_of(blob) == hashlib.sha256(data).hexdigest()


def test_what_is_no_file_cannot_be_mapped_and_is_read():
    assert sha256_of(BytesBlob(b"abc"), mapped=True) == hashlib.sha256(b"abc").hexdigest()


def test_a_file_that_became_shorter_is_not_mapped_beyond_its_end(tmp_path):
    (tmp_path / "file").write_bytes(bytes(100))
    with (tmp_path / "file").open("rb+") as file:
        blob = FileBlob(file.fileno(), 100)
        file.truncate(10)
        with pytest.raises(ReadError, match="became shorter"):
            sha256_of(blob, mapped=True)
