"""What files a revision has, as the client lists them."""

import json
from urllib.parse import quote

import pytest
from huggingface_hub.hf_api import RepoFile, RepoFolder
from huggingface_hub.utils import EntryNotFoundError, RevisionNotFoundError

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
FILES = {"README.md": b"hi", "deep/er/a.txt": b"aaa", "deep/b ä.bin": bytes(3000), "z": b"", "deep-er": b"x"}


@pytest.fixture
def repo(hub):
    return hub.repo("ada/tiny", FILES)


@BOTH
def test_a_folder_and_all_below_it(hub, repo):
    api = hub.api()
    top = list(api.list_repo_tree("ada/tiny"))
    assert {entry.path for entry in top if isinstance(entry, RepoFile)} == {
        ".gitattributes",
        "README.md",
        "deep-er",
        "z",
    }
    assert [entry.path for entry in top if isinstance(entry, RepoFolder)] == ["deep"]
    below = list(api.list_repo_tree("ada/tiny", "deep", recursive=True))
    assert {entry.path for entry in below} == {"deep/er", "deep/er/a.txt", "deep/b ä.bin"}
    assert set(api.list_repo_files("ada/tiny")) == {*FILES, ".gitattributes"}
    large = next(entry for entry in below if entry.path.endswith("bin"))
    assert (large.size, large.lfs.size, large.xet_hash) == (3000, 3000, None)
    assert large.lfs.pointer_size == 129


@BOTH
def test_with_the_last_change_and_the_status_of_each(hub, repo):
    second = hub.push(repo, {"z": b"now"}, message="Change z\n\nmore")
    entries = {entry.path: entry for entry in hub.api().list_repo_tree("ada/tiny", recursive=True, expand=True)}
    assert (entries["z"].last_commit.oid, entries["z"].last_commit.title) == (second, "Change z")
    assert entries["deep/er"].last_commit.title == "Add files"
    assert entries[".gitattributes"].last_commit.title == "initial commit"
    assert entries["z"].security.status == "queued"


def test_page_by_page(hub):
    made = hub.repo("ada/many")
    names = [f"f{number:04}/x.txt" if number % 3 else f"f{number:04}" for number in range(2100)]
    hub.push(made, dict.fromkeys(names, b"x"))
    hub.api("ada").create_branch("ada/many", branch="a/b")
    files = hub.api().list_repo_tree("ada/many", recursive=True, revision="a/b")
    assert [entry.path for entry in files if isinstance(entry, RepoFile)] == [".gitattributes", *names]
    assert len(list(hub.api().list_repo_tree("ada/many", revision="a/b"))) == 2101
    assert len(hub.ask("GET", "/api/models/ada/many/tree/main?limit=7").json()) == 7


def test_what_is_not_there(hub, repo):
    api = hub.api()
    for path in ("none", "README.md", "deep/none"):
        with pytest.raises(EntryNotFoundError):
            list(api.list_repo_tree("ada/tiny", path))
    with pytest.raises(RevisionNotFoundError):
        list(api.list_repo_tree("ada/tiny", revision="none"))
    for path in ("%00", "..", quote("\udcff".encode("utf-8", "surrogatepass"))):
        assert hub.ask("GET", f"/api/models/ada/tiny/tree/main/{path}").headers["X-Error-Code"] == "EntryNotFound"


@BOTH
def test_paths_by_form_and_by_json(hub, repo):
    api = hub.api()
    found = api.get_paths_info(
        "ada/tiny", ["README.md", "deep", "none", "deep/b ä.bin", "../x", "README.md"], expand=True
    )
    assert [entry.path for entry in found] == ["README.md", "deep", "deep/b ä.bin"]
    assert found[0].last_commit.title == "Add files"
    assert found[0].security.status == "queued"
    assert api.get_paths_info("ada/tiny", []) == []

    def ask(body, kind):
        headers = {"Content-Type": kind}
        return hub.ask("POST", "/api/models/ada/tiny/paths-info/main", body, headers=headers)

    asked = json.dumps({"paths": ["z", "deep/"]}).encode()
    assert [entry["path"] for entry in ask(asked, "application/json").json()] == ["z", "deep"]
    form = "application/x-www-form-urlencoded"
    assert ask(b"paths=z&paths[]=README.md&expand=false", form).json()[1]["oid"]
    assert ask(b"paths=%00&paths=%ff", form).json() == []
    assert ask(b"\xff", form).status == 400
    assert ask(b"paths=z&" * 20_000, form).status == 400
    assert ask(json.dumps({"paths": ["z"] * 5001}).encode(), "application/json").status == 413
    assert ask(b"{}", "application/json").status == 400
