"""Each file is read once; what is equal is understood once; what could not be read is said."""

import hashlib
import subprocess
from contextlib import contextmanager

import pytest

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget, Limits
from assay.artifact.observation import Observation
from assay.artifact.observe import observation_key, observe
from assay.artifact.revision import DigestGrade
from assay.artifact.sources import Entry
from assay.artifact.sources.local import open_local
from assay.errors import ChangedError, RemoteError


class Memory:
    """A source in memory, as a hub would be."""

    kind, name, git_commit = "hub", "memory", "c" * 40

    def __init__(self, files: dict[str, bytes], *, whole: bool = False, claims: dict[str, str] | None = None) -> None:
        self.files, self.whole, self.claims, self.read = files, whole, claims or {}, 0

    def entries(self) -> list[Entry]:
        return [Entry(path, len(data), self.claims.get(path)) for path, data in sorted(self.files.items())]

    @contextmanager
    def open(self, entry):
        source = self

        class Counting(BytesBlob):
            def read_at(self, offset, length):
                data = super().read_at(offset, length)
                source.read += len(data)
                return data

        yield Counting(self.files[entry.path])


def test_digests_are_those_of_other_tools(tmp_path):
    (tmp_path / "f.txt").write_bytes(b"hello\n")
    (file,) = observe(open_local(tmp_path)).revision.files
    assert file.sha256 == hashlib.sha256(b"hello\n").hexdigest()
    git = subprocess.run(["git", "hash-object", tmp_path / "f.txt"], capture_output=True, text=True, check=True)
    assert file.git_oid == git.stdout.strip()


def test_a_large_file_is_hashed_in_pieces_and_gets_no_git_id(tmp_path):
    data = bytes(9 * 1024 * 1024 + 5)
    (tmp_path / "f").write_bytes(data)
    (file,) = observe(open_local(tmp_path)).revision.files
    assert (file.sha256, file.git_oid) == (hashlib.sha256(data).hexdigest(), None)


def test_equal_content_is_understood_once_and_known_content_not_at_all(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}')
    (tmp_path / "b.json").write_text('{"a": 1}')
    first = observe(open_local(tmp_path))
    (key,) = first.fresh
    assert key == observation_key(hashlib.sha256(b'{"a": 1}').hexdigest(), "json")
    marked = Observation("json", "json/0", complete=True, facts={"document": "from the store"})
    again = observe(open_local(tmp_path), known={key: marked})
    assert again.fresh == {}
    assert [file.observation for file in again.revision.files] == [marked, marked]


def test_of_a_remote_file_only_what_is_needed_is_read():
    header = b'{"w":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}}'
    weights = len(header).to_bytes(8, "little") + header + bytes(4_000_000)
    source = Memory({"model.safetensors": weights}, claims={"model.safetensors": "d" * 64})
    revision = observe(source).revision
    (file,) = revision.files
    assert (file.sha256, file.digest_grade, file.format) == ("d" * 64, DigestGrade.CLAIMED, "safetensors")
    assert source.read < 20_000
    assert revision.dirhash is not None


def test_a_remote_file_without_a_claimed_digest_leaves_the_revision_without_a_dirhash():
    source = Memory({"blob.bin": bytes(3_000_000)})
    revision = observe(source).revision
    assert (revision.files[0].sha256, revision.files[0].digest_grade) == (None, DigestGrade.NONE)
    assert revision.dirhash is None


def test_a_hub_that_serves_other_bytes_than_it_lists_is_refused():
    source = Memory({"config.json": b"{}"}, claims={"config.json": "e" * 64})
    with pytest.raises(RemoteError, match="the listing says"):
        observe(source)


def test_a_source_that_lies_about_a_length_is_refused():
    class Lying(Memory):
        def entries(self):
            return [Entry("a.txt", 10)]

    with pytest.raises(ChangedError, match="not 10 as listed"):
        observe(Lying({"a.txt": b"abc"}, whole=True))


def test_a_file_beyond_the_budget_is_not_judged_and_the_rest_is(tmp_path):
    (tmp_path / "big.json").write_text("[" + "1," * 5000 + "1]")
    (tmp_path / "small.json").write_text("{}")
    revision = observe(open_local(tmp_path), limits=Limits(file=Budget(bytes=5000))).revision
    big, small = revision.files
    assert big.not_judged
    assert small.not_judged is None


def test_a_revision_has_a_budget_for_all_files_together(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.json").write_text(f'{{"{name}": 1}}')
    limits = Limits(revision=Budget(bytes=20, items=100, facts=10_000))
    judged = [file.not_judged is None for file in observe(open_local(tmp_path), limits=limits).revision.files]
    assert judged[0]
    assert not judged[-1]


def test_an_empty_folder_is_an_artifact_of_no_files(tmp_path):
    revision = observe(open_local(tmp_path)).revision
    assert revision.files == ()
    assert revision.dirhash == hashlib.sha256(b"").hexdigest()
