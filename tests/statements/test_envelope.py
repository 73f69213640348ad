"""Envelopes: verified over the bytes that came, and nothing about them may be loose."""

import base64
import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements.samples import ALICE, MALLORY, edited, signed

from assay.canonical import canonical_json, sha256_hex
from assay.errors import StatementError, VerificationError
from assay.statements.envelope import Envelope, pae

ENVELOPE = signed()
KEYS = (ALICE.public,)


def signature(key=ALICE, payload=ENVELOPE.payload, **changes):
    return {"keyid": key.public.keyid, "sig": base64.b64encode(key.sign(pae(payload))).decode()} | changes


def test_signed_and_verified():
    again = Envelope.parse(ENVELOPE.to_bytes())
    assert again == ENVELOPE
    assert again.verify(KEYS) == KEYS
    assert again.digest == sha256_hex(ENVELOPE.to_bytes())
    assert again.statement().dirhash is not None
    assert again.is_canonical


def test_what_is_signed_is_the_pre_authentication_encoding():
    assert pae(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


def test_the_same_statement_and_key_give_the_same_envelope():
    assert signed().raw == ENVELOPE.raw


def test_the_bytes_that_came_are_kept_and_verified():
    loose = json.dumps(json.loads(ENVELOPE.raw), indent=1).encode()
    envelope = Envelope.parse(loose)
    assert envelope.to_bytes() == loose
    assert envelope.digest != ENVELOPE.digest
    assert envelope.verify(KEYS) == KEYS
    assert not envelope.is_canonical


def test_a_payload_in_another_layout_is_verified_as_it_came():
    payload = json.dumps(json.loads(ENVELOPE.payload), indent=1).encode()
    envelope = Envelope.sign(payload, ALICE)
    assert Envelope.parse(envelope.raw).verify(KEYS) == KEYS
    assert envelope.payload == payload


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_agrees(tmp_path):
    (tmp_path / "key.pem").write_bytes(ALICE.public.pem)
    (tmp_path / "sig").write_bytes(ENVELOPE.signatures[0].sig)
    (tmp_path / "signed").write_bytes(pae(ENVELOPE.payload))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "signed"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.stdout.strip() == b"Verified OK"


def test_the_key_that_signed_is_not_here():
    with pytest.raises(VerificationError, match="that public key is not here") as caught:
        ENVELOPE.verify((MALLORY.public,))
    assert "--key" in caught.value.hint()


def test_a_signature_by_a_stranger_beside_a_good_one_is_left_aside():
    data = edited(ENVELOPE, signatures=[signature(MALLORY), signature()])
    assert Envelope.parse(data).verify(KEYS) == KEYS
    assert set(Envelope.parse(data).verify((ALICE.public, MALLORY.public))) == {ALICE.public, MALLORY.public}


def test_a_signature_that_does_not_hold_condemns_the_envelope():
    forged = signature(MALLORY, keyid=ALICE.public.keyid)
    with pytest.raises(VerificationError, match="does not hold"):
        Envelope.parse(edited(ENVELOPE, signatures=[forged])).verify(KEYS)
    with pytest.raises(VerificationError, match="does not hold"):
        Envelope.parse(edited(ENVELOPE, signatures=[signature(), signature(MALLORY, b"else")])).verify(
            (ALICE.public, MALLORY.public)
        )


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_flipped_bit_is_refused(data):
    raw = bytearray(ENVELOPE.raw)
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    with pytest.raises(StatementError):
        Envelope.parse(bytes(raw)).verify(KEYS)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_cleanly(data):
    with pytest.raises(StatementError):
        Envelope.parse(data)


GOOD = json.loads(ENVELOPE.raw)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (edited(ENVELOPE, payloadType="application/json"), "payloadType"),
        (edited(ENVELOPE, extra=1), "unknown key 'extra'"),
        (edited(ENVELOPE, payload=GOOD["payload"] + "\n"), "base64"),
        (edited(ENVELOPE, payload=GOOD["payload"].rstrip("=") + "!"), "base64"),
        (edited(ENVELOPE, payload="e30"), "base64"),
        (edited(ENVELOPE, payload="e31="), "base64"),
        (edited(ENVELOPE, payload=""), "payload"),
        (edited(ENVELOPE, signatures=[]), "signatures"),
        (edited(ENVELOPE, signatures=[signature()] * 2), "same key"),
        (edited(ENVELOPE, signatures=[signature()] * 40), "signatures"),
        (edited(ENVELOPE, signatures=[signature(keyid="")]), "keyid"),
        (edited(ENVELOPE, signatures=[signature(cert="x")]), "unknown key"),
        (edited(ENVELOPE, signatures=[signature(sig="A" * 4000)]), "longer"),
        (ENVELOPE.raw[:-1], "not strict JSON"),
        (ENVELOPE.raw + b"x", "not strict JSON"),
        (ENVELOPE.raw.replace(b'"payload":', b'"payload":"e30=","payload":', 1), "stands twice"),
        (b"{}", "missing"),
    ],
)
def test_what_is_refused(data, says):
    with pytest.raises(StatementError, match=says):
        Envelope.parse(data)


def test_only_statements_are_signed():
    with pytest.raises(StatementError):
        Envelope.sign(b"{}", ALICE)
    data = canonical_json(GOOD | {"payload": "e30="})
    with pytest.raises(StatementError, match="missing"):
        Envelope.parse(data).statement()
