"""A folder against its evidence: about it, changed, missing, extra."""

import pytest
from tests.statements.samples import ALICE, FILES, MALLORY, assessed, claimed, lay, manifest, signed

from assay.artifact.identity import dir_hash
from assay.errors import VerificationError
from assay.statements.evidence import Evidence, read_evidence, write_envelope
from assay.statements.folder import verify_folder


@pytest.fixture
def folder(tmp_path):
    lay(tmp_path)
    write_envelope(tmp_path / ".assay", signed(), ALICE.public)
    write_envelope(tmp_path / ".assay", signed(claimed(), MALLORY), MALLORY.public)
    return tmp_path


def verify(folder, *pinned):
    return verify_folder(folder, read_evidence(folder / ".assay"), [key.public.keyid for key in pinned])


def test_untouched(folder):
    seen = []
    found = verify_folder(
        folder, read_evidence(folder / ".assay"), on_file=lambda path, size: seen.append((path, size))
    )
    assert found.dirhash == dir_hash(manifest(FILES))
    assert len(found.about) == len(found.statements) == 2
    assert found.pinned == ()
    assert found.differences == ()
    assert sorted(seen) == sorted((path, len(data)) for path, data in FILES.items())
    assert [one.signers for one in verify(folder, ALICE).pinned] == [(ALICE.public.keyid,)]


def test_changed_missing_and_extra_are_named(folder):
    (folder / "config.json").write_bytes(b"{ }")
    (folder / "empty").unlink()
    (folder / "new").write_bytes(b"")
    found = verify(folder, ALICE)
    assert found.about == ()
    (difference,) = found.differences
    assert (difference.changed, difference.missing, difference.extra) == (("config.json",), ("empty",), ("new",))
    assert difference.against == signed().digest
    assert not difference.only_missing


def test_a_partial_download_is_as_far_as_it_goes_what_was_signed(folder):
    (folder / "empty").unlink()
    (difference,) = verify(folder).differences
    assert difference.only_missing
    assert difference.missing == ("empty",)


def test_pinned_then_closest_assessments_come_first(folder):
    (folder / "config.json").write_bytes(b"[]")
    far = signed(assessed({"other": b""}), MALLORY)
    write_envelope(folder / ".assay", far, MALLORY.public)
    assert [one.against for one in verify(folder).differences] == [signed().digest, far.digest]
    assert [one.against for one in verify(folder, MALLORY).differences] == [far.digest, signed().digest]


def test_no_evidence_proves_nothing(folder):
    found = verify_folder(folder, Evidence())
    assert found.statements == found.about == found.differences == ()


def test_a_signature_that_cannot_be_checked_is_an_error(folder):
    with pytest.raises(VerificationError):
        verify_folder(folder, Evidence((signed(),), (MALLORY.public,)))
