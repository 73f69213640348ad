"""Files for the kernel to send, and addresses that anyone may read from for a while."""

import time
import urllib.error
import urllib.request

import pytest
from tests.store.blobs.made import MIB, digest, keep, name_of, noise


def fetch(url, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)


def test_a_folder_has_files_and_no_addresses(folder):
    data = noise(2 * MIB)
    sha256 = keep(folder.store, data).sha256
    path = folder.store.local_path(sha256)
    assert path == folder.root / name_of(sha256)
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o640
    assert folder.root.stat().st_mode & 0o777 == 0o750
    assert folder.store.presigned(sha256, seconds=60) is None


def test_a_bucket_has_addresses_and_no_files(bucket):
    data = b"<script>alert(1)</script>" * 99_999
    for claims in ({}, {"expected_sha256": digest(data)}):
        sha256 = keep(bucket.store, data, **claims).sha256
        assert bucket.store.local_path(sha256) is None
        url = bucket.store.presigned(sha256, seconds=60)
        with fetch(url) as answer:
            assert answer.read() == data
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"] == "attachment"
        with fetch(url, Range="bytes=5-9") as answer:
            assert answer.status == 206
            assert answer.read() == data[5:10]


def test_an_address_names_how_long_it_holds_and_its_blob_alone(bucket):
    first, second = keep(bucket.store, b"first").sha256, keep(bucket.store, b"second").sha256
    url = bucket.store.presigned(first, seconds=90)
    assert "X-Amz-Expires=90" in url
    assert first in url
    assert second not in url
    assert "secret" not in url
    assert url != bucket.store.presigned(second, seconds=90)


def test_an_address_expires(bucket):
    sha256 = keep(bucket.store, b"x").sha256
    url = bucket.store.presigned(sha256, seconds=1)
    fetch(url).close()
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(url)
    with refused.value:
        assert refused.value.code == 403
