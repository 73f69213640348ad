"""Keys, evidence and bundles from a hostile carrier: any bit that moved is seen, nothing is half done."""

import os
import random
import shutil

import pytest
from tests.make.licence_files import APACHE
from tests.make.revisions import card, safetensors

from assay.cli.main import main

NO_KEYS = (b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", bytes(40_000))


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ASSAY_KEY", raising=False)

    def call(*arguments):
        capsys.readouterr()
        code = main([os.fspath(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out + err

    return call


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A model, attested and bundled; the key lies beside."""
    place = tmp_path_factory.mktemp("origin")
    model = place / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(safetensors())
    (model / "README.md").write_bytes(card(license="apache-2.0"))
    (model / "LICENSE").write_bytes(APACHE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(place / "config"))
        assert main(["attest", str(model)]) == 0
        assert main(["key", "-o", str(place / "signer.pem")]) == 0
        assert main(["bundle", str(model), "-o", str(place / "model.assay"), "--policy", "default"]) == 0
    return place


@pytest.fixture
def signed(origin, tmp_path):
    """A copy of it all."""
    return shutil.copytree(origin, tmp_path, dirs_exist_ok=True)


def flipped(data, at):
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_signed_verifies_and_exits_0_only_for_a_pinned_key(run, signed):
    for target in ("model", "model.assay"):
        assert run("verify", signed / target, "--key", signed / "signer.pem")[0] == 0
    shutil.rmtree(signed / "config")  # a reader elsewhere, with no key of their own
    for target in ("model", "model.assay"):
        code, said = run("verify", signed / target)
        assert code == 3
        assert "key not pinned" in said


def test_each_file_counts(run, signed):
    for path in sorted((signed / "model").glob("*")):
        if path.is_dir():
            continue
        original = path.read_bytes()
        path.write_bytes(flipped(original, 8 * (len(original) // 2)))
        assert run("verify", signed / "model", "--key", signed / "signer.pem")[0] == 1
        path.write_bytes(original)
    (signed / "model" / "extra.py").write_text("")
    code, said = run("verify", signed / "model", "--key", signed / "signer.pem")
    assert code == 1
    assert "extra.py" in said


def test_any_bit_of_any_evidence_counts(run, signed):
    chance = random.Random(1)
    for path in sorted((signed / "model" / ".assay").rglob("*.*")):
        original = path.read_bytes()
        for at in chance.sample(range(8 * len(original)), 24):
            path.write_bytes(flipped(original, at))
            code, said = run("verify", signed / "model", "--key", signed / "signer.pem")
            assert (code, "refused" in said) == (1, True)
            assert run("bundle", signed / "model", "-o", signed / "again.assay")[0] == 2
            assert not (signed / "again.assay").exists()
        path.write_bytes(original)
    assert run("verify", signed / "model", "--key", signed / "signer.pem")[0] == 0


def test_evidence_that_was_cut_swapped_or_joined_by_strangers_is_refused(run, signed):
    folder = signed / "model" / ".assay"
    (envelope,) = (folder / "statements").iterdir()
    (key,) = (folder / "keys").iterdir()
    for name, data in (("run.py", b""), ("keys/x.pem", key.read_bytes()), ("statements/x.dsse.json", b"{}")):
        (folder / name).write_bytes(data)
        assert run("verify", signed / "model")[0] == 2
        assert run("scan", signed / "model")[0] == 2
        (folder / name).unlink()
    envelope.rename(folder / "statements" / f"{'0' * 64}.dsse.json")
    assert run("verify", signed / "model")[0] == 1


def test_any_bit_of_a_bundle_counts_and_nothing_is_unpacked(run, signed):
    data = (signed / "model.assay").read_bytes()
    bad = signed / "bad.assay"
    chance = random.Random(2)
    # Steps that share no factor with the size of a block reach every field of every member sooner or later.
    bits = [8 * at + chance.randrange(8) for at in range(0, len(data), 199)]
    for number, at in enumerate(bits):
        bad.write_bytes(flipped(data, at))
        assert run("verify", bad, "--key", signed / "signer.pem")[0] == 1, f"bit {at}"
        if number % 4 == 0:
            assert run("unbundle", bad, signed / "out")[0] == 2
            assert not (signed / "out").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:1000],
        lambda data: data[:-1],
        lambda data: data[:-1024],
        lambda data: data + bytes(512),
        lambda data: data + data,
        lambda data: bytes(len(data)),
        lambda data: b"PK\x03\x04" + data,
    ],
)
def test_a_bundle_that_was_cut_or_grew_is_refused_whole(run, signed, spoil):
    bad = signed / "bad.assay"
    bad.write_bytes(spoil((signed / "model.assay").read_bytes()))
    before = sorted(signed.iterdir())
    assert run("verify", bad)[0] == 1
    assert run("unbundle", bad, signed / "out")[0] == 2
    assert sorted(signed.iterdir()) == before


def test_unbundling_never_touches_what_is_there(run, signed):
    (signed / "out").mkdir()
    assert run("unbundle", signed / "model.assay", signed / "out")[0] == 2
    assert list((signed / "out").iterdir()) == []
    (signed / "link").symlink_to("elsewhere")
    assert run("unbundle", signed / "model.assay", signed / "link")[0] == 2
    assert not (signed / "elsewhere").exists()
    assert run("unbundle", signed / "model.assay", signed / "no" / "such" / "folder")[0] in (0, 2)


def test_what_is_unpacked_is_what_was_packed_and_verifies(run, signed):
    code, said = run("unbundle", signed / "model.assay", signed / "out", "--policy-out", signed / "policy.yaml")
    assert code == 0, said
    assert contents(signed / "model").items() <= contents(signed / "out").items()
    policy = ("--policy", signed / "policy.yaml")
    assert run("verify", signed / "out", "--key", signed / "signer.pem", *policy)[0] in (0, 3)


def test_a_bundle_is_never_written_over_another_file(run, signed):
    before = (signed / "model.assay").read_bytes()
    assert run("bundle", signed / "model", "-o", signed / "model.assay")[0] == 2
    assert (signed / "model.assay").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs file modes")
def test_a_key_that_others_can_read_signs_nothing(run, signed):
    key = signed / "config" / "assay" / "key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    envelopes = sorted((signed / "model" / ".assay" / "statements").iterdir())
    for mode in (0o644, 0o640, 0o660):
        key.chmod(mode)
        for command in (("attest", signed / "model"), ("key",), ("bundle", signed / "model", "-o", signed / "x.assay")):
            code, said = run(*command)
            assert code == 2
            assert "chmod 600" in said
            assert "PRIVATE" not in said
    assert not (signed / "x.assay").exists()
    assert sorted((signed / "model" / ".assay" / "statements").iterdir()) == envelopes


@pytest.mark.parametrize("content", NO_KEYS)
def test_a_key_file_that_is_none_is_left_alone(run, signed, content):
    key = signed / "config" / "assay" / "key.pem"
    key.write_bytes(content)
    assert run("attest", signed / "model")[0] == 2
    assert key.read_bytes() == content


def test_signing_what_cannot_be_written_is_2_and_leaves_no_draft(run, signed):
    before = sorted(signed.iterdir())
    assert run("attest", signed / "model", "-o", signed / "no-such-folder" / "x")[0] == 2
    assert run("key", "-o", signed / "model")[0] == 2
    assert run("bundle", signed / "model", "-o", signed / "no-such-folder" / "x.assay")[0] == 2
    assert run("attest", signed / "model", "--claim", "", "-o", signed / "claim")[0] == 2
    assert run("attest", signed / "model", "--claim", "x" * 100_000, "-o", signed / "claim")[0] == 2
    assert sorted(signed.iterdir()) == before
