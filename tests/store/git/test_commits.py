"""Commits are what git would make of them, and a branch moves once for everybody who pushes to it."""

import os
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from assay.errors import ConflictError, CorruptError, NotFoundError, PathError, UsageError
from assay.store.database import open_database
from assay.store.git.commits import MAX_BLOB, Link, Write, commit
from assay.store.git.objects import Kind, Mode, Signature, is_oid
from assay.store.git.pointer import Pointer, parse_pointer
from assay.store.git.reading import commit_row, diff, find, history, list_folder
from assay.store.git.refs import branch, create_ref, delete_ref, list_refs, move_ref, resolve, tag, tip
from assay.store.git.rows import Objects
from assay.store.git.trees import Delete, Put
from assay.store.repos import RepoType, create_repo
from assay.store.tables import git_object

MAIN = "refs/heads/main"
ADA = Signature("Ada", "ada@example.org", 1_700_000_000, 60)
LARGE = Pointer("ab" * 32, 3_000_000_000)


@pytest.fixture
def repo(database):
    with database.write() as connection:
        return create_repo(connection, RepoType.MODEL, "ada", "tiny", private=False, now=1).id


def push(database, repo, changes, *, ref=MAIN, expected=None, message="change"):
    def work(connection):
        return commit(connection, repo, ref, expected, changes, author=ADA, message=message)

    return database.transact(work)


def listed(database, repo, oid, **options):
    with database.read() as connection:
        return list_folder(connection, commit_row(connection, repo, oid), recursive=True, **options)


def paths(database, repo, oid):
    return [item.path for item in listed(database, repo, oid).items if not item.is_folder]


def export(database, folder):
    """Write every object as loose files of a bare repository."""
    subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
    with database.read() as connection:
        for oid, kind, data in connection.execute(select(git_object.c.oid, git_object.c.kind, git_object.c.data)):
            place = folder / "objects" / oid[:2] / oid[2:]
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(zlib.compress(b"%s %d\0" % (kind.encode(), len(data)) + bytes(data)))


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_git_itself_finds_nothing_wrong(database, repo, tmp_path):
    first = push(database, repo, {"README.md": Write(b"hello\n"), "a/b/c.txt": Write(b"x"), "a.txt": Write(b"")})
    second = push(
        database,
        repo,
        {"a/b/run.sh": Write(b"#!/bin/sh\n", executable=True), "model.bin": Link(LARGE), "ä/ö": Write(b"umlauts")},
        message="More\n\nin two paragraphs",
    )
    export(database, tmp_path / "git")
    (tmp_path / "git" / "refs" / "heads" / "main").write_text(f"{second}\n")
    git(tmp_path / "git", "fsck", "--full", "--strict")
    assert git(tmp_path / "git", "log", "--format=%H %an %ae %at %s", "main").splitlines() == [
        f"{second} Ada ada@example.org 1700000000 More",
        f"{first} Ada ada@example.org 1700000000 change",
    ]
    seen = git(tmp_path / "git", "-c", "core.quotePath=false", "ls-tree", "-r", "main").splitlines()
    ours = [item for item in listed(database, repo, second).items if not item.is_folder]
    assert seen == [f"{item.mode:06o} blob {item.oid}\t{item.path}" for item in ours]
    assert git(tmp_path / "git", "show", "main:model.bin").encode() + b"\n" == LARGE.to_bytes()
    assert parse_pointer(LARGE.to_bytes()) == LARGE


def test_files_and_folders_take_each_others_place(database, repo):
    push(database, repo, {"a": Write(b"file"), "b/c": Write(b"1"), "b/d": Write(b"2")})
    oid = push(database, repo, {"a": Delete.FILE, "a/x": Write(b"now a folder"), "b": Delete.FOLDER})
    assert paths(database, repo, oid) == ["a/x"]
    with pytest.raises(PathError, match="is a folder"):
        push(database, repo, {"a": Write(b"")})
    with pytest.raises(PathError, match="is a file"):
        push(database, repo, {"a/x/y": Write(b"")})
    for missing in ({"none": Delete.FILE}, {"none": Delete.EITHER}, {"a": Delete.FILE}, {"a/x": Delete.FOLDER}):
        with pytest.raises(NotFoundError):
            push(database, repo, missing)
    with pytest.raises(NotFoundError):
        push(database, repo, {"z": Put("0" * 40)})
    assert paths(database, repo, push(database, repo, {"a": Delete.EITHER, "z": Write(b"")})) == ["z"]


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../b", "/x", "a//b", "a/./b", ".git/config", "a/.GIT/x", "git~1", "a/.g\u200cit", ".git ", "x\0y",
     "a\\b", "n" * 256, "/".join("d" * 70), ""],
)  # fmt: skip
def test_paths_that_would_hurt_somebody_are_refused(database, repo, path):
    with pytest.raises(PathError):
        push(database, repo, {path: Write(b"x")})
    with database.read() as connection:
        assert tip(connection, repo, MAIN) is None


def test_names_that_some_systems_take_for_one_are_refused(database, repo):
    with pytest.raises(PathError):
        push(database, repo, {"readme": Write(b"1"), "README": Write(b"2")})
    with pytest.raises(PathError):
        push(database, repo, {"e\u0301": Write(b"1"), "\u00e9": Write(b"2")})
    oid = push(database, repo, {"e\u0301.txt": Write(b"kept in one form")})
    assert paths(database, repo, oid) == ["\u00e9.txt"]


def test_what_belongs_beside_git_is_not_taken_into_it(database, repo):
    with pytest.raises(PathError, match="git holds at most"):
        push(database, repo, {"big": Write(bytes(MAX_BLOB + 1))})
    for text in (LARGE.to_bytes(), b"  version https://git-lfs.github.com/spec/v1 \nanything"):
        with pytest.raises(PathError, match="LFS pointer"):
            push(database, repo, {"pointer": Write(text)})


def test_a_branch_moves_from_where_the_author_was(database, repo):
    first = push(database, repo, {"a": Write(b"1")})
    second = push(database, repo, {"a": Write(b"2")}, expected=first)
    with pytest.raises(ConflictError):
        push(database, repo, {"a": Write(b"3")}, expected=first)
    with database.write() as connection, pytest.raises(ConflictError):
        move_ref(connection, repo, MAIN, first, second)


def test_eight_writers_lose_nothing(url, database, repo):
    push(database, repo, {"start": Write(b"")})

    def work(number):
        own = open_database(url)
        try:
            return push(own, repo, {f"file-{number}": Write(b"%d" % number)})
        finally:
            own.close()

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(work, range(8)))
    with database.read() as connection:
        end = tip(connection, repo, MAIN)
        log = [row.oid for row in history(connection, repo, end).commits]
    assert set(made) < set(log)
    assert len(log) == 9
    assert len(paths(database, repo, end)) == 9


def test_branches_and_tags(database, repo):
    first = push(database, repo, {"a": Write(b"1")})
    with database.write() as connection:
        create_ref(connection, repo, branch("feature/x"), first)
        create_ref(connection, repo, tag("v1"), first)
    for name in ("feature", "feature/x/y", "feature/x"):
        with database.write() as connection, pytest.raises(ConflictError):
            create_ref(connection, repo, branch(name), first)
    for name in ("", "a..b", "-x", "x.lock", "a b", "@", "x~1", "refs/heads/x", first, "HEAD", "a\0b"):
        with pytest.raises(UsageError):
            branch(name)
    with database.read() as connection:
        assert [ref.name for ref in list_refs(connection, repo)] == [branch("feature/x"), MAIN, tag("v1")]
        assert {resolve(connection, repo, name) for name in ("main", "v1", "feature/x", MAIN, first, first[:7])} == {
            first
        }
        for name in ("none", first[:6], first[:7].upper() + "G", "f" * 40, "f" * 7, "a\0b", ""):
            with pytest.raises(NotFoundError):
                resolve(connection, repo, name)
    with database.write() as connection:
        delete_ref(connection, repo, tag("v1"))
        with pytest.raises(NotFoundError):
            delete_ref(connection, repo, tag("v1"))


def test_a_repo_sees_its_own_commits_only(database, repo):
    oid = push(database, repo, {"secret": Write(b"1")})
    with database.write() as connection:
        other = create_repo(connection, RepoType.MODEL, "eve", "other", private=False, now=1).id
    with database.read() as connection:
        for question in (resolve, commit_row):
            with pytest.raises(NotFoundError):
                question(connection, other, oid)
        with pytest.raises(NotFoundError):
            history(connection, other, oid)
    with database.write() as connection, pytest.raises(NotFoundError):
        create_ref(connection, other, MAIN, oid)


def test_listing_page_by_page_with_who_changed_what(database, repo):
    names = [f"{folder}/{name}" for folder in ("a", "a.b", "c/d") for name in ("x", "y")] + ["a-", "z"]
    first = push(database, repo, {name: Write(name.encode()) for name in names})
    second = push(database, repo, {"c/d/x": Write(b"changed"), "z": Write(b"changed")})
    whole = listed(database, repo, second, with_changes=True).items
    changed = {item.path for item in whole if item.last_change == second}
    assert changed == {"c", "c/d", "c/d/x", "z"}
    assert {item.last_change for item in whole} == {first, second}
    for limit in (1, 2, 3, 5):
        seen, after = [], None
        while True:
            page = listed(database, repo, second, after=after, limit=limit, with_changes=True)
            seen += page.items
            after = page.after
            if after is None:
                break
        assert seen == whole
    with database.read() as connection:
        rows = [commit_row(connection, repo, oid) for oid in (first, second)]
        assert [one.path for one in diff(connection, *rows)] == ["c/d/x", "z"]
        found = find(connection, rows[1], ["a", "c/d/x", "none", "a/x/y", "../x"])
        assert {path: item.is_folder for path, item in found.items()} == {"a": True, "c/d/x": False}
        with pytest.raises(NotFoundError):
            list_folder(connection, rows[1], "z")


def test_stored_bytes_that_changed_are_never_served(database, repo):
    oid = push(database, repo, {"a": Write(b"right")})
    with database.write() as connection:
        connection.execute(update(git_object).where(git_object.c.kind == "blob").values(data=b"wrong"))
    with database.read() as connection:
        item = find(connection, commit_row(connection, repo, oid), ["a"])["a"]
        with pytest.raises(CorruptError):
            Objects(connection).blob(item.oid)


def test_two_contents_with_one_name_are_refused(database, repo):
    """SHA-1 can be made to collide, so the SHA-256 beside it decides."""
    data = b"collides"
    with database.write() as connection:
        objects = Objects(connection)
        oid = objects.add_blob(data)
        row = {"oid": oid, "kind": Kind.BLOB.value, "size": 5, "sha256": "00" * 32, "data": b"other"}
        connection.execute(insert(git_object).values(**row))
        with pytest.raises(CorruptError, match="somebody made them so"):
            objects.write()


def test_a_commit_that_is_broken_off_leaves_nothing(database, repo):
    class StopError(Exception):
        pass

    def broken():
        with database.write() as connection:
            commit(connection, repo, MAIN, None, {"a": Write(b"1")}, author=ADA, message="never")
            raise StopError

    with pytest.raises(StopError):
        broken()
    with database.read() as connection:
        assert tip(connection, repo, MAIN) is None
        assert connection.execute(select(git_object.c.oid)).all() == []


@pytest.mark.parametrize("who", [Signature("A<", "a", 1), Signature("A", "a\n", 1), Signature("A", "a", 2**40)])
def test_authors_that_git_cannot_carry(database, repo, who):
    with database.write() as connection, pytest.raises(UsageError):
        commit(connection, repo, MAIN, None, {"a": Write(b"1")}, author=who, message="x")


NAMES = st.sampled_from(["a", "b", "c", "a.b", "ä"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CHANGES = st.dictionaries(PATHS, st.one_of(st.none(), st.binary(max_size=3)), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_any_changes_do_what_they_do_to_a_dictionary(tmp_path, sqlite_template, steps):
    place = tmp_path / f"{os.urandom(8).hex()}.db"
    place.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{place}")
    with database.write() as connection:
        repo = create_repo(connection, RepoType.MODEL, "ada", "tiny", private=False, now=1).id
    model: dict[str, bytes] = {}
    for step in steps:
        after = {path: data for path, data in model.items() if path not in step}
        after.update({path: data for path, data in step.items() if data is not None})
        clash = any(other.startswith(f"{path}/") for path in after for other in after)
        absent = any(data is None and path not in model for path, data in step.items())
        changes = {path: Delete.FILE if data is None else Write(data) for path, data in step.items()}
        try:
            oid = push(database, repo, changes)
        except (PathError, NotFoundError):
            assert clash or absent
            continue
        assert not clash
        assert not absent
        model = after
        with database.read() as connection:
            objects = Objects(connection)
            items = list_folder(connection, commit_row(connection, repo, oid), recursive=True).items
            assert {item.path: objects.blob(item.oid) for item in items if item.mode is Mode.FILE} == model
            assert commit_row(connection, repo, oid).files == len(model)
        assert is_oid(oid)
    database.close()
