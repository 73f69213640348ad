"""Tokens of the chunk store: what was issued is read; forged, bent, expired, borrowed or stretched ones are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UsageError, VerificationError
from assay.store.xet.hashes import chunk_hash
from assay.store.xet.tokens import Access, DataRange, issue_access, read_access, read_range, sign_range

KEY, OTHER = b"k" * 32, b"o" * 32
NOW = 1_700_000_000
ACCESS = Access("models/acme/tiny", "read", NOW + 60)
XORB = chunk_hash(b"x")
DATA = DataRange("models/acme/tiny", XORB, 100, 199, NOW + 60)


def test_what_was_issued_is_read():
    assert read_access(KEY, issue_access(KEY, ACCESS), now=NOW) == ACCESS
    assert read_range(KEY, sign_range(KEY, DATA), xorb=XORB, first=100, last=199, now=NOW) == DATA


def test_to_write_includes_to_read_but_not_elsewhere():
    assert ACCESS.allows("models/acme/tiny", "read")
    assert not ACCESS.allows("models/acme/tiny", "write")
    writer = ACCESS._replace(scope="write")
    assert writer.allows("models/acme/tiny", "read")
    assert writer.allows("models/acme/tiny", "write")
    assert not writer.allows("models/acme/other", "read")


@pytest.mark.parametrize("later", [60, 61, 10**9])
def test_an_expired_token_is_refused(later):
    with pytest.raises(VerificationError, match="expired"):
        read_access(KEY, issue_access(KEY, ACCESS), now=NOW + later)
    with pytest.raises(VerificationError, match="expired"):
        read_range(KEY, sign_range(KEY, DATA), xorb=XORB, first=100, last=199, now=NOW + later)


def test_another_key_or_another_use_is_refused():
    for token in (issue_access(OTHER, ACCESS), sign_range(KEY, DATA)):
        with pytest.raises(VerificationError, match="not issued by this hub"):
            read_access(KEY, token, now=NOW)
    with pytest.raises(VerificationError, match="not issued by this hub"):
        read_range(KEY, issue_access(KEY, ACCESS), xorb=XORB, first=100, last=199, now=NOW)


@pytest.mark.parametrize(
    "asked",
    [
        {"first": 99},
        {"first": 101},
        {"last": 198},
        {"last": 200},
        {"first": 200, "last": 299},
        {"first": 0, "last": None},
        {"xorb": chunk_hash(b"y")},
    ],
)
def test_a_neighbouring_range_is_refused(asked):
    with pytest.raises(VerificationError, match="no others"):
        read_range(KEY, sign_range(KEY, DATA), **{"xorb": XORB, "first": 100, "last": 199, **asked}, now=NOW)


def test_a_flipped_bit_is_refused():
    token = issue_access(KEY, ACCESS).encode()
    for bit in range(len(token) * 8):
        bent = bytearray(token)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            read_access(KEY, bent.decode("latin-1"), now=NOW)


@given(st.text(max_size=200))
def test_any_text_is_refused(text):
    with pytest.raises(VerificationError):
        read_access(KEY, text, now=NOW)


def test_long_tokens_and_short_keys_are_refused():
    with pytest.raises(VerificationError, match="too long"):
        read_access(KEY, "a" * 3000, now=NOW)
    for short in (b"", b"k" * 31):
        with pytest.raises(UsageError, match="at least 32"):
            issue_access(short, ACCESS)
