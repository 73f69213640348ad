"""Branches and tags, made, listed and removed by the client."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from huggingface_hub.utils import RepositoryNotFoundError, RevisionNotFoundError

from assay.store.git.refs import create_ref

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def repo(hub):
    return hub.repo("ada/tiny", {"a.txt": b"1"})


def status(caught):
    return caught.value.response.status_code


@BOTH
def test_branches(hub, repo):
    api = hub.api("ada")
    first = api.list_repo_commits("ada/tiny")[-1].commit_id
    api.create_branch("ada/tiny", branch="feature/one")
    api.create_branch("ada/tiny", branch="old", revision=first)
    api.create_branch("ada/tiny", branch="copy", revision="feature/one")
    api.create_branch("ada/tiny", branch="old", exist_ok=True)
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_branch("ada/tiny", branch="old")
    assert status(caught) == 409
    with pytest.raises(RevisionNotFoundError):
        api.create_branch("ada/tiny", branch="x", revision="none")
    head = api.repo_info("ada/tiny").sha
    refs = api.list_repo_refs("ada/tiny")
    found = {(ref.name, ref.ref, ref.target_commit) for ref in refs.branches}
    targets = {"main": head, "copy": head, "feature/one": head, "old": first}
    assert found == {(name, f"refs/heads/{name}", target) for name, target in targets.items()}
    api.delete_branch("ada/tiny", branch="feature/one")
    with pytest.raises(RevisionNotFoundError):
        api.delete_branch("ada/tiny", branch="feature/one")
    with pytest.raises(HfHubHTTPError) as caught:
        api.delete_branch("ada/tiny", branch="main")
    assert status(caught) == 403


@BOTH
def test_tags(hub, repo):
    api = hub.api("ada")
    first = api.list_repo_commits("ada/tiny")[-1].commit_id
    api.create_tag("ada/tiny", tag="v1", revision=first, tag_message="The first")
    api.create_tag("ada/tiny", tag="v2")
    api.create_tag("ada/tiny", tag="v1", exist_ok=True)
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_tag("ada/tiny", tag="v1")
    assert status(caught) == 409
    with pytest.raises(RevisionNotFoundError):
        api.create_tag("ada/tiny", tag="v3", revision="none")
    assert {tag.name: tag.target_commit for tag in api.list_repo_refs("ada/tiny").tags}["v1"] == first
    api.delete_tag("ada/tiny", tag="v1")
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag("ada/tiny", tag="v1")


def test_pull_requests_and_converts_are_listed_apart(hub, repo):
    head = hub.api().repo_info("ada/tiny").sha
    with hub.node.database.write() as connection:
        for name in ("refs/pr/1", "refs/convert/parquet"):
            create_ref(connection, repo.id, name, head)
    refs = hub.api().list_repo_refs("ada/tiny", include_pull_requests=True)
    assert [ref.ref for ref in refs.pull_requests] == ["refs/pr/1"]
    assert [ref.name for ref in refs.converts] == ["parquet"]
    assert hub.api().list_repo_refs("ada/tiny").pull_requests is None
    assert hub.api().repo_info("ada/tiny", revision="refs/pr/1").sha == head


@pytest.mark.parametrize("name", ["a..b", "a b", "-a", "a\0b", "a.lock", "refs/heads/a", "a" * 600, "0" * 40, "@{x"])
def test_names_that_git_would_not_take(hub, repo, name):
    with pytest.raises(BadRequestError):
        hub.api("ada").create_branch("ada/tiny", branch=name)
    with pytest.raises(BadRequestError):
        hub.api("ada").create_tag("ada/tiny", tag=name)


def test_only_for_those_who_may_write(hub, repo):
    for user, scope in (("eve", "write"), ("ada", "read")):
        with pytest.raises(HfHubHTTPError) as caught:
            hub.api(user, scope).create_branch("ada/tiny", branch="x")
        assert status(caught) == 403
    hub.repo("ada/secret", private=True)
    with pytest.raises(RepositoryNotFoundError):
        hub.api("eve").create_tag("ada/secret", tag="x")
    with pytest.raises(RepositoryNotFoundError):
        hub.api("eve").list_repo_refs("ada/secret")


@BOTH
def test_of_many_who_make_one_branch_one_succeeds(hub, repo):
    def make(_):
        return hub.ask("POST", "/api/models/ada/tiny/branch/same", {}, user="ada").status

    hub.token("ada")
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(make, range(8))) == [200, *[409] * 7]
