"""The history of a repo, as the client lists it."""

from datetime import UTC, datetime

import pytest
from huggingface_hub.utils import RepositoryNotFoundError, RevisionNotFoundError


@pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
def test_newest_first(hub):
    made = hub.repo("ada/tiny")
    first = hub.push(made, {"a.txt": b"1"}, message="One")
    second = hub.push(made, {"a.txt": b"2"}, message="Two <b>\n\nWhy & how")
    commits = hub.api().list_repo_commits("ada/tiny", formatted=True)
    assert [commit.title for commit in commits] == ["Two <b>", "One", "initial commit"]
    assert [commit.commit_id for commit in commits[:2]] == [second, first]
    assert (commits[0].message, commits[0].authors) == ("Why & how", ["ada"])
    assert (commits[0].formatted_title, commits[0].formatted_message) == ("Two &lt;b&gt;", "Why &amp; how")
    assert abs((datetime.now(UTC) - commits[0].created_at).total_seconds()) < 100
    older = hub.api().list_repo_commits("ada/tiny", revision=first)
    assert [commit.title for commit in older] == ["One", "initial commit"]
    assert older[0].formatted_title is None


def test_page_by_page(hub):
    made = hub.repo("ada/tiny")
    for number in range(120):
        hub.push(made, {"a.txt": str(number).encode()}, message=f"No. {number}")
    hub.api("ada").create_branch("ada/tiny", branch="a/b")
    titles = [commit.title for commit in hub.api().list_repo_commits("ada/tiny", revision="a/b")]
    assert titles == [*(f"No. {number}" for number in reversed(range(120))), "initial commit"]


def test_what_is_not_there(hub):
    hub.repo("ada/tiny")
    hub.repo("ada/secret", private=True)
    with pytest.raises(RevisionNotFoundError):
        hub.api().list_repo_commits("ada/tiny", revision="none")
    with pytest.raises(RepositoryNotFoundError):
        hub.api().list_repo_commits("ada/secret")
    assert hub.ask("GET", "/api/models/ada/tiny/commits/main?cursor=none").status == 404
    assert hub.ask("GET", "/api/models/ada/tiny/commits/main?limit=x").status == 400
