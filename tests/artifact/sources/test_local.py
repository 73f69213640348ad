"""Folders, single files and cache snapshots: what counts, what is refused, and that nothing changes meanwhile."""

import os
import socket
from pathlib import Path

import pytest

from assay.artifact.observe import observe
from assay.artifact.sources.local import open_local
from assay.errors import ChangedError, PathError


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def paths(root: Path) -> list[str]:
    return [entry.path for entry in open_local(root).entries()]


def test_a_folder_is_all_its_files_but_the_book_keeping_at_its_top(tmp_path):
    write(tmp_path, _dot_git__HEAD="x", _dot_assay__keys__k="x", _dot_cache__huggingface__a="x", _dot_cache__other="x")
    write(tmp_path, sub___dot_git__HEAD="kept", README_dot_md="# x")
    assert paths(tmp_path) == [".cache/other", "README.md", "sub/.git/HEAD"]


def test_a_single_file_is_an_artifact_of_one_file(tmp_path):
    write(tmp_path, model_dot_bin="abc")
    source = open_local(tmp_path / "model.bin")
    assert (source.kind, paths(tmp_path / "model.bin")) == ("file", ["model.bin"])


def cache(tmp_path: Path) -> Path:
    repo = tmp_path / "models--org--name"
    commit = "a" * 40
    write(repo, blobs__b1="hello", refs__main=commit)
    snapshot = repo / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").symlink_to("../../blobs/b1")
    return repo


@pytest.mark.parametrize("at", ["repo", "snapshot"])
def test_a_cache_snapshot_is_read_through_its_links(tmp_path, at):
    repo = cache(tmp_path)
    source = open_local(repo if at == "repo" else repo / "snapshots" / ("a" * 40))
    assert (source.kind, source.name, source.git_commit) == ("snapshot", "org/name", "a" * 40)
    plain = write(tmp_path / "plain", config_dot_json="hello")
    assert observe(source).revision.dirhash == observe(open_local(plain)).revision.dirhash


def test_a_snapshot_link_out_of_its_blobs_is_refused(tmp_path):
    repo = cache(tmp_path)
    (repo / "snapshots" / ("a" * 40) / "x").symlink_to("/etc/hostname")
    with pytest.raises(PathError, match="outside the artifact"):
        paths(repo)


def test_a_cache_that_names_no_snapshot_is_a_clear_error(tmp_path):
    repo = cache(tmp_path)
    (repo / "refs" / "main").write_text("../../../etc")
    with pytest.raises(PathError, match="refs/main"):
        open_local(repo)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: (folder / "l").symlink_to("/etc/hostname"), "outside the artifact"),
        (lambda folder: (folder / "l").symlink_to("l"), "in a circle"),
        (lambda folder: (folder / "l").symlink_to("missing"), "leads nowhere"),
        (lambda folder: (folder / "l").symlink_to("."), "outside the artifact"),
        (lambda folder: os.mkfifo(folder / "pipe"), "no regular file"),
        (lambda folder: (folder / "a\nb").write_text(""), "newline"),
        (lambda folder: (folder / "a\\b").write_text(""), "backslash"),
        (lambda folder: write(folder, Model="1", model="2"), "only in case"),
        (lambda folder: write(folder, **{"e\u0301": "1", "\u00e9": "2"}), "only in case or Unicode"),  # noqa: PIE804
        (lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text(""), "not UTF-8"),
    ],
)
def test_names_and_things_that_cannot_be_carried_are_refused_with_a_hint(tmp_path, make, said):
    write(tmp_path, good="x")
    make(tmp_path)
    with pytest.raises(PathError, match=said) as caught:
        paths(tmp_path)
    assert caught.value.hint()


def test_a_socket_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s")
        with pytest.raises(PathError, match="no regular file"):
            paths(tmp_path)


def test_a_missing_path_is_a_clear_error(tmp_path):
    with pytest.raises(PathError, match="does not exist"):
        open_local(tmp_path / "nothing")


def test_a_root_that_is_a_circle_of_links_is_a_clear_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(PathError):
        open_local(tmp_path / "a")


@pytest.mark.parametrize("change", ["grow", "touch", "shrink", "vanish"])
def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path, change):
    path = write(tmp_path, f="abcdef") / "f"
    source = open_local(tmp_path)
    (entry,) = source.entries()
    with pytest.raises((ChangedError, PathError)):  # noqa: PT012, SIM117
        with source.open(entry) as blob:
            assert blob.read_at(0, 3) == b"abc"
            if change == "vanish":
                path.unlink()
            elif change == "touch":
                os.utime(path, (1, 1))
            else:
                path.write_text("abcdefghi" if change == "grow" else "a")


def test_a_file_that_changed_after_it_was_listed_is_noticed(tmp_path):
    path = write(tmp_path, f="abc") / "f"
    source = open_local(tmp_path)
    (entry,) = source.entries()
    path.write_text("abcd")
    with pytest.raises(ChangedError), source.open(entry):
        pass
