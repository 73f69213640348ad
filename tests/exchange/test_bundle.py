"""Bundles: what goes in comes out, any flipped bit is seen, and a refused one leaves nothing behind."""

import os
import shutil
import subprocess
import tarfile
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.samples import LONG, MORE, POLICY, evidence, flips, forge, forgeries, honest, pack
from tests.statements.samples import ALICE, MALLORY, lay, manifest

from assay.artifact.identity import dir_hash
from assay.artifact.sources.local import open_local
from assay.errors import BundleError, PathError, VerificationError
from assay.exchange import read_bundle, unbundle, write_bundle
from assay.exchange.tar_form import framed, header
from assay.statements.evidence import Evidence, read_evidence
from assay.statements.folder import verify_folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("bundle"))


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_goes_in_comes_out(bundle, tmp_path):
    seen = []
    made = unbundle(bundle, tmp_path / "out", on_member=lambda path, size: seen.append((path, size)))
    files = contents(tmp_path / "out")
    assert {path: data for path, data in files.items() if not path.startswith(".assay/")} == MORE
    assert made.dirhash == dir_hash(manifest(MORE))
    assert made.policy == POLICY
    assert made.packer == ALICE.public
    assert made.evidence == read_evidence(tmp_path / "out/.assay") == evidence()
    assert made == read_bundle(bundle)
    assert [path for path, _ in seen] == sorted((f"artifact/{path}" for path in MORE), key=str.encode)
    assert len(verify_folder(tmp_path / "out", made.evidence, [ALICE.public.keyid]).pinned) == 1


def test_the_same_content_gives_the_same_file(bundle, tmp_path):
    assert pack(tmp_path).read_bytes() == bundle.read_bytes()


def test_without_policy_or_files(tmp_path):
    made = read_bundle(pack(tmp_path, files={}, policy=None))
    assert made.policy is None
    assert made.dirhash == dir_hash([])


def test_any_tar_reads_it(bundle, tmp_path):
    with tarfile.open(bundle) as archive:
        members = {one.name: archive.extractfile(one).read() for one in archive}
    assert {path.removeprefix("artifact/"): data for path, data in members.items() if "artifact/" in path} == MORE
    if shutil.which("tar"):
        subprocess.run(["tar", "-xf", bundle, "-C", tmp_path], check=True)
        assert contents(tmp_path / "artifact") == MORE


def test_sizes_from_8_gib_have_a_header_that_tar_reads():
    for path, size in (("a", 8**11 - 1), ("a", 8**11), (LONG, 10**15), ("ü", 5)):
        info = tarfile.TarInfo.frombuf(header(path, size)[-512:], "utf-8", "strict")
        assert info.size == (size if size < 8**11 else 0)
        head = header(path, size)
        if len(head) > 512:
            assert f" path={path}\n".encode() in head
            assert f" size={size}\n".encode() in head
        else:
            assert info.name == path


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300), st.integers(0, 2**53))
@settings(max_examples=100, deadline=None)
def test_extended_headers_are_well_formed(path, size):
    head = header(path, size)
    assert len(head) % 512 == 0
    if len(head) > 512:
        records = head[512:-512].rstrip(b"\0")
        length, _, _ = records.partition(b" ")
        first, second = records[: int(length)], records[int(length) :]
        assert first == f"{int(length)} path={path}\n".encode()
        assert second == f"{len(second)} size={size}\n".encode()


@pytest.mark.slow
def test_sampled_bits_of_every_region(bundle, tmp_path):
    place = tmp_path / "mutant"
    for what, data in flips(bundle, 40):
        place.write_bytes(data)
        with pytest.raises(BundleError):
            print(what, read_bundle(place))  # noqa: T201 (names the flip that was not seen)


@pytest.mark.slow
def test_many_bits_of_every_region(tmp_path):
    bundle, place = pack(tmp_path, files={"a": b"a"}), tmp_path / "mutant"
    for what, data in flips(bundle, 1000):
        place.write_bytes(data)
        with pytest.raises(BundleError):
            print(what, read_bundle(place))  # noqa: T201


@pytest.mark.parametrize(("what", "data"), [pytest.param(*one, id=one[0]) for one in forgeries()])
def test_forgeries_are_refused_and_leave_nothing(what, data, tmp_path):
    (tmp_path / "forged").write_bytes(data)
    with pytest.raises(BundleError):
        read_bundle(tmp_path / "forged")
    with pytest.raises(BundleError):
        unbundle(tmp_path / "forged", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["forged"]


def test_what_a_thief_can_do_shows_in_the_packer(tmp_path):
    (tmp_path / "theirs").write_bytes(forge(honest()))
    assert read_bundle(tmp_path / "theirs").packer == MALLORY.public


def test_the_message_names_the_member(bundle, tmp_path):
    data = bytearray(bundle.read_bytes())
    at = data.index(bytes(range(256)))
    data[at] ^= 1
    (tmp_path / "mutant").write_bytes(data)
    with pytest.raises(BundleError, match=r"artifact/weights/ü\.bin: its bytes") as caught:
        read_bundle(tmp_path / "mutant")
    assert "get it again" in caught.value.hint()


@given(st.integers(0, 10_000), st.binary(max_size=600))
@settings(max_examples=50, deadline=None)
def test_cut_off_or_continued(tmp_path_factory, keep, more):
    folder = tmp_path_factory.mktemp("cut")
    good = pack(folder).read_bytes()
    data = good[:keep] + more
    if data != good:
        (folder / "cut").write_bytes(data)
        with pytest.raises(BundleError):
            read_bundle(folder / "cut")


@given(st.binary(max_size=2000), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_cleanly(tmp_path_factory, data, framing):
    place = tmp_path_factory.mktemp("any") / "any"
    place.write_bytes(framed("bundle.json", data) + bytes(1024) if framing else data)
    with pytest.raises(BundleError):
        read_bundle(place)


def test_no_place_is_written_over(bundle, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("nowhere")
    source = open_local(lay(tmp_path / "source"))
    for name in ("there", "file", "link"):
        with pytest.raises(BundleError, match="exists already"):
            unbundle(bundle, tmp_path / name)
        with pytest.raises(BundleError, match="exists already"):
            write_bundle(tmp_path / name, source, Evidence(), ALICE)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_places_that_cannot_be_read_or_written(bundle, tmp_path):
    with pytest.raises(BundleError, match="No such file"):
        read_bundle(tmp_path / "nothing")
    with pytest.raises(BundleError, match="no regular file"):
        read_bundle(tmp_path)
    with pytest.raises(BundleError, match="cannot write"):
        unbundle(bundle, tmp_path / "no" / "folder")
    with pytest.raises(BundleError, match="cannot write"):
        write_bundle(tmp_path / "no" / "folder", open_local(lay(tmp_path / "source")), Evidence(), ALICE)


def test_what_cannot_be_packed_leaves_nothing(tmp_path):
    source = lay(tmp_path / "source", {"a": b"a"})
    unsigned = Evidence(evidence().envelopes, ())
    with pytest.raises(VerificationError):
        write_bundle(tmp_path / "x", open_local(source), unsigned, ALICE)
    with pytest.raises(BundleError, match="policy"):
        write_bundle(tmp_path / "x", open_local(source), Evidence(), ALICE, policy=bytes(65_537))
    (source / "link").symlink_to("a")
    with pytest.raises(PathError):
        write_bundle(tmp_path / "x", open_local(source), Evidence(), ALICE)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_full_disk_leaves_nothing(bundle, tmp_path, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    source = open_local(lay(tmp_path / "source"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BundleError, match="No space left"):
        unbundle(bundle, tmp_path / "out")
    with pytest.raises(BundleError, match="No space left"):
        write_bundle(tmp_path / "x", source, Evidence(), ALICE)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_memory_stays_flat(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    with (source / "weights").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    write_bundle(tmp_path / "x", open_local(source), Evidence(), ALICE)
    unbundle(tmp_path / "x", tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
