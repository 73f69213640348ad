"""The folder `.assay`: nothing but evidence, everything under its own digest, and carried keys are no trust."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements.samples import ALICE, MALLORY, assessed, claimed, signed

from assay.errors import StatementError, VerificationError
from assay.statements.evidence import Evidence, read_evidence, write_envelope
from assay.statements.statement import Statement, Subject

ENVELOPE = signed()


@pytest.fixture
def folder(tmp_path):
    write_envelope(tmp_path / ".assay", ENVELOPE, ALICE.public)
    return tmp_path / ".assay"


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_written_and_read_back(folder):
    assert names(folder) == [f"keys/{ALICE.public.keyid}.pem", f"statements/{ENVELOPE.digest}.dsse.json"]
    evidence = read_evidence(folder)
    assert evidence.envelopes == (ENVELOPE,)
    assert evidence.keys == (ALICE.public,)
    assert sorted(evidence.files()) == names(folder)


def test_writing_twice_changes_nothing(folder):
    before = names(folder)
    path = write_envelope(folder, ENVELOPE, ALICE.public)
    assert path.read_bytes() == ENVELOPE.raw
    assert names(folder) == before


def test_no_folder_is_no_evidence(tmp_path):
    assert read_evidence(tmp_path / ".assay") == Evidence()


def test_only_a_pinned_key_is_trusted(folder):
    write_envelope(folder, signed(claimed(), MALLORY), MALLORY.public)
    evidence = read_evidence(folder)
    assert [one.pinned for one in evidence.verified()] == [False, False]
    trusted = {one.signers: one.pinned for one in evidence.verified([ALICE.public.keyid])}
    assert trusted == {(ALICE.public.keyid,): True, (MALLORY.public.keyid,): False}


def test_unknown_predicates_are_flagged(folder):
    other = Statement("urn:elsewhere", (Subject("a", {"sha256": "0" * 64}),), {"x": 1})
    write_envelope(folder, signed(other), ALICE.public)
    known = {one.statement.predicate_type: one.known for one in read_evidence(folder).verified()}
    assert known == {"urn:elsewhere": False, assessed().predicate_type: True}


def test_an_envelope_must_be_signed_by_the_key_that_is_stored_with_it(tmp_path):
    with pytest.raises(VerificationError):
        write_envelope(tmp_path / ".assay", ENVELOPE, MALLORY.public)
    assert not (tmp_path / ".assay").exists()


def test_a_missing_key_is_said_and_can_be_given(folder):
    (folder / f"keys/{ALICE.public.keyid}.pem").unlink()
    evidence = read_evidence(folder)
    with pytest.raises(VerificationError, match="not here"):
        evidence.verified()
    assert evidence.with_keys([ALICE.public]).verified([ALICE.public.keyid])[0].pinned


def test_a_malformed_predicate_is_refused(folder):
    write_envelope(folder, signed(assessed(readers="json")), ALICE.public)
    with pytest.raises(StatementError, match=r"predicate\.readers"):
        read_evidence(folder).verified()


@pytest.mark.parametrize(
    "name", ["note.txt", "statements/x.json", "keys/x.pem", "statements/a/b", "more/x", f"keys/{'0' * 64}.PEM"]
)
def test_anything_else_is_named_and_refused(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(StatementError, match=name.split("/")[0]):
        read_evidence(folder)


@pytest.mark.parametrize("name", [f"keys/{'0' * 64}.pem", f"statements/{'0' * 64}.dsse.json"])
def test_content_must_fit_its_name(folder, name):
    (folder / name).write_bytes(ENVELOPE.raw)
    with pytest.raises(StatementError, match=name):
        read_evidence(folder)


def test_links_pipes_and_half_written_files_are_refused(folder, tmp_path):
    stored = folder / f"statements/{ENVELOPE.digest}.dsse.json"
    stored.rename(tmp_path / "moved")
    stored.symlink_to(tmp_path / "moved")
    with pytest.raises(StatementError, match="is no evidence"):
        read_evidence(folder)
    stored.unlink()
    os.mkfifo(stored)
    with pytest.raises(StatementError, match="is no evidence"):
        read_evidence(folder)
    stored.unlink()
    (folder / ".draft-0123456789abcdef").write_bytes(b"")
    with pytest.raises(StatementError, match="half-written"):
        read_evidence(folder)
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(StatementError, match="symbolic link"):
        read_evidence(tmp_path / "link")


def test_a_key_that_is_too_large_is_not_read(folder):
    (folder / f"keys/{'0' * 64}.pem").write_bytes(b"x" * 5000)
    with pytest.raises(StatementError, match="larger than"):
        read_evidence(folder)


def test_too_many_files(folder, monkeypatch):
    monkeypatch.setattr("assay.statements.evidence._MAX_FILES", 1)
    with pytest.raises(StatementError, match="more than 1 files"):
        read_evidence(folder)


def test_a_full_disk_leaves_nothing_behind(folder, monkeypatch):
    before = names(folder)

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StatementError, match="No space left"):
        write_envelope(folder, signed(claimed()), ALICE.public)
    assert names(folder) == before


@given(st.dictionaries(st.sampled_from([*Evidence((ENVELOPE,), (ALICE.public,)).files(), "x"]), st.binary(max_size=50)))
@settings(max_examples=50, deadline=None)
def test_any_files_are_refused_cleanly(files):
    if files:
        with pytest.raises(StatementError):
            Evidence.from_files(files)
