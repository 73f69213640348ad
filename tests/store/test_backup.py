"""A backup holds a whole hub, also while it is written to; a restore takes nothing on trust."""

import io
import tarfile

import pytest

from assay.errors import CorruptError, UsageError
from assay.store.backup import back_up, restore
from assay.store.blobs import open_blobs
from assay.store.database import open_database
from assay.store.migrations import migrate
from assay.store.repos import RepoType, create_repo, find_repo


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "hub"
    folder.mkdir()
    database = open_database(f"sqlite:///{folder / 'assay.db'}")
    migrate(database)
    with database.write() as connection:
        create_repo(connection, RepoType.MODEL, "ada", "tiny", private=False, now=1)
    database.close()
    for content in (b"", b"weights", b"x" * 3_000_000):
        with open_blobs(folder / "blobs").writer() as writer:
            writer.write(content)
            writer.commit()
    (folder / "key.pem").write_text("key")
    (folder / "secret").write_text("secret")
    return folder


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_backed_up_comes_back(folder, tmp_path):
    size = back_up(folder, tmp_path / "hub.tar")
    assert size == (tmp_path / "hub.tar").stat().st_size
    count = restore(tmp_path / "hub.tar", tmp_path / "again")
    before, after = everything(folder), everything(tmp_path / "again")
    assert count == len(after)
    assert {name: data for name, data in before.items() if not name.startswith("assay.db")} == {
        name: data for name, data in after.items() if not name.startswith("assay.db")
    }
    database = open_database(f"sqlite:///{tmp_path / 'again' / 'assay.db'}")
    with database.read() as connection:
        assert find_repo(connection, RepoType.MODEL, "ada", "tiny") is not None
    database.close()
    assert (tmp_path / "again" / "secret").stat().st_mode & 0o077 == 0


def test_a_folder_without_a_hub_and_a_target_that_exists_are_refused(folder, tmp_path):
    with pytest.raises(UsageError, match=r"holds no assay\.db"):
        back_up(tmp_path, tmp_path / "x.tar")
    (tmp_path / "there.tar").write_bytes(b"")
    with pytest.raises(UsageError, match="exists"):
        back_up(folder, tmp_path / "there.tar")
    with pytest.raises(UsageError, match="not empty"):
        restore(tmp_path / "there.tar", folder)


@pytest.mark.parametrize("cut", [0, 600, 40_000, -2000])
def test_a_backup_that_is_cut_short_leaves_nothing(folder, tmp_path, cut):
    back_up(folder, tmp_path / "hub.tar")
    data = (tmp_path / "hub.tar").read_bytes()
    end = data.rindex(b"assay backup 1") - 512 if cut < 0 else cut
    (tmp_path / "cut.tar").write_bytes(data[:end])
    with pytest.raises(CorruptError):
        restore(tmp_path / "cut.tar", tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir() if "again" in path.name] == []


def test_a_changed_content_is_not_restored(folder, tmp_path):
    back_up(folder, tmp_path / "hub.tar")
    data = bytearray((tmp_path / "hub.tar").read_bytes())
    at = data.rindex(b"weights")  # the schema has the word too
    data[at] ^= 1
    (tmp_path / "hub.tar").write_bytes(data)
    with pytest.raises(CorruptError, match="has the digest"):
        restore(tmp_path / "hub.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["../out", "/etc/x", "blobs/zz/zz/" + "0" * 64, "other.db", "blobs/../assay.db"])
def test_a_backup_with_other_files_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(CorruptError):
        restore(tmp_path / "bad.tar", tmp_path / "again")
    assert not (tmp_path.parent / "out").exists()
    assert not (tmp_path / "again").exists()
