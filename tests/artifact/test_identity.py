"""The name of an artifact agrees with the tools people have."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.artifact.identity import ManifestLine, check_paths, dir_hash, manifest_text, normal_path
from assay.artifact.observe import observe
from assay.artifact.sources.local import open_local
from assay.canonical import sha256_hex
from assay.errors import PathError


def test_the_manifest_is_what_sha256sum_checks(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("two")
    (tmp_path / "a b.txt").write_text("one")
    revision = observe(open_local(tmp_path)).revision
    text = manifest_text(ManifestLine(file.path, file.sha256) for file in revision.files)
    subprocess.run(["sha256sum", "-c", "--strict", "-"], input=text, cwd=tmp_path, check=True, capture_output=True)
    shell = 'find . -type f | sed "s|^./||" | LC_ALL=C sort | tr "\\n" "\\0" | xargs -0 sha256sum | sha256sum'
    out = subprocess.run(["sh", "-c", shell], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert out.split()[0] == revision.dirhash


def test_the_empty_artifact_has_a_name_too():
    assert dir_hash([]) == sha256_hex(b"")


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/../b", "./a", "a/.", "a\nb", "a\x7f", "a\\b", "\ud800"])
def test_paths_that_cannot_be_carried(path):
    with pytest.raises(PathError):
        normal_path(path)


@given(st.text(max_size=30))
def test_any_path_is_kept_in_nfc_or_refused(text):
    try:
        path = normal_path(text)
    except PathError:
        return
    assert normal_path(path) == path


@pytest.mark.parametrize("pair", [("a", "A"), ("a", "a/b"), ("A", "a/b"), ("ß", "SS")])
def test_paths_that_cannot_lie_side_by_side(pair):
    with pytest.raises(PathError):
        check_paths(pair)
