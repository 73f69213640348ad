"""Files for the kernel to send, and addresses that anyone may read from for a while."""

import hmac
import urllib.request
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

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


def signature(url, secret):
    """Compute what the keeper of a bucket would (Signature Version 4 in a query); moto looks at none."""
    parts = urlsplit(url)
    asked = sorted((key, value) for key, value in parse_qsl(parts.query) if key != "X-Amz-Signature")
    fields = dict(asked)
    query = "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in asked)
    request = f"GET\n{parts.path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = fields["X-Amz-Credential"].partition("/")[2]
    text = "\n".join((fields["X-Amz-Algorithm"], fields["X-Amz-Date"], scope, digest(request.encode())))
    key = b"AWS4" + secret.encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return fields, key.hex()


@pytest.mark.parametrize("seconds", [1, 90, 604_800])
def test_an_address_is_signed_for_one_blob_and_so_many_seconds(bucket, seconds):
    first, second = keep(bucket.store, b"first").sha256, keep(bucket.store, b"second").sha256
    started = datetime.now(UTC).replace(microsecond=0)
    url = bucket.store.presigned(first, seconds=seconds)
    fields, expected = signature(url, "secret")
    made = datetime.strptime(fields["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert started <= made <= datetime.now(UTC)
    assert fields["X-Amz-Expires"] == str(seconds)
    assert f"&X-Amz-Signature={expected}" in url
    assert "secret" not in url
    for forged in (url.replace(first, second), url.replace(f"Expires={seconds}", "Expires=600000")):
        assert forged != url
        assert signature(forged, "secret")[1] != expected


@pytest.mark.parametrize("seconds", [-1, 0, 604_801])
def test_an_address_for_no_time_or_more_than_a_week_is_refused(place, seconds):
    sha256 = keep(place.store, b"x").sha256
    with pytest.raises(ValueError, match="seconds"):
        place.store.presigned(sha256, seconds=seconds)
