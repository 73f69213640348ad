"""Keys: made once, read only by their owner, named by their public half."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.statements.samples import ALICE, MALLORY, sha256

from assay.errors import StatementError
from assay.statements.keys import PublicKey, default_key_path, load_key, load_or_create_key


def pem(key, locked=None):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked or serialization.NoEncryption()
    )


def write(path, data, mode=0o600):
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_made_on_first_use_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "key.pem"
    key = load_or_create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert load_or_create_key(path).public == key.public
    assert b"BEGIN PRIVATE KEY" in path.read_bytes()


def test_never_overwritten(tmp_path):
    path = write(tmp_path / "key.pem", b"mine")
    with pytest.raises(StatementError, match="no private key"):
        load_or_create_key(path)
    assert path.read_bytes() == b"mine"


def test_a_dangling_link_is_not_followed_to_make_a_key(tmp_path):
    (tmp_path / "key.pem").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StatementError, match="cannot read"):
        load_or_create_key(tmp_path / "key.pem")
    assert not (tmp_path / "nowhere").exists()


def test_the_loser_of_a_race_uses_the_winners_key(tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    link = os.link

    def late(source, target):
        write(path, ALICE.to_pem())
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert load_or_create_key(path).public == ALICE.public
    assert [item.name for item in tmp_path.iterdir()] == ["key.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_refused_when_others_can_read_it(tmp_path, mode):
    path = write(tmp_path / "key.pem", ALICE.to_pem(), mode)
    with pytest.raises(StatementError, match="open to others") as caught:
        load_key(path)
    assert "chmod 600" in caught.value.hint()


def test_other_kinds_are_refused(tmp_path):
    locked = serialization.BestAvailableEncryption(b"secret")
    cases = {
        pem(ed25519.Ed25519PrivateKey.generate()): "another kind",
        pem(ec.generate_private_key(ec.SECP384R1())): "another kind",
        pem(ec.generate_private_key(ec.SECP256R1()), locked): "password",
        b"": "no private key",
        ALICE.public.pem: "no private key",
    }
    for data, says in cases.items():
        with pytest.raises(StatementError, match=says):
            load_key(write(tmp_path / "key.pem", data))


def test_unreadable_places(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StatementError, match="cannot read"):
        load_or_create_key(tmp_path / "file" / "key.pem")
    with pytest.raises(StatementError, match="no regular file"):
        load_key(tmp_path)


def test_the_keyid_is_the_digest_of_the_public_key_file():
    assert ALICE.public.keyid == sha256(ALICE.public.pem)
    assert PublicKey(ALICE.public.pem) == ALICE.public
    assert ALICE.public != MALLORY.public


def test_a_public_key_has_one_form():
    for data in (
        b"",
        ALICE.public.pem + b"\n",
        ALICE.public.pem.replace(b"\n", b"\r\n"),
        b"hello\n" + ALICE.public.pem,
        ALICE.to_pem(),
        ALICE.public.pem * 2,
    ):
        with pytest.raises(StatementError, match="public key"):
            PublicKey(data)


def test_secrets_do_not_show():
    assert repr(ALICE) == f"PrivateKey({ALICE.public.keyid})"
    assert repr(ALICE.public) == f"PublicKey({ALICE.public.keyid})"


def test_where_the_key_lies():
    assert default_key_path({"ASSAY_KEY": "/k.pem", "XDG_CONFIG_HOME": "/c"}) == Path("/k.pem")
    assert default_key_path({"XDG_CONFIG_HOME": "/c"}) == Path("/c/assay/key.pem")
    assert default_key_path({"XDG_CONFIG_HOME": "c"}) == Path.home() / ".config/assay/key.pem"
    assert default_key_path({}) == Path.home() / ".config/assay/key.pem"


def test_importing_statements_does_not_load_cryptography():
    code = "import sys, assay.statements.evidence, assay.exchange; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
