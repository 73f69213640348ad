"""What the client learns of a repo."""

from datetime import UTC, datetime

import pytest
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from huggingface_hub.utils import RepositoryNotFoundError, RevisionNotFoundError

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
CARD = b"""---
license: apache-2.0
pipeline_tag: text-generation
library_name: transformers
tags: [tiny, "two words"]
base_model: ada/parent
---
# Tiny
"""
WEIGHTS = bytes(range(256)) * 8000


@pytest.fixture
def commit(hub):
    return hub.push(hub.repo("ada/tiny"), {"README.md": CARD, "a/model.bin": WEIGHTS})


@BOTH
def test_all_of_it(hub, commit):
    info = hub.api().repo_info("ada/tiny", files_metadata=True)
    assert (info.id, info.author, info.sha, info.private) == ("ada/tiny", "ada", commit, False)
    assert (info.library_name, info.pipeline_tag) == ("transformers", "text-generation")
    assert {"tiny", "license:apache-2.0", "base_model:ada/parent"} <= set(info.tags)
    assert info.card_data.license == "apache-2.0"
    assert abs((datetime.now(UTC) - info.last_modified).total_seconds()) < 100
    assert info.created_at <= info.last_modified
    large = next(one for one in info.siblings if one.rfilename == "a/model.bin")
    assert (large.size, large.lfs.size) == (len(WEIGHTS), len(WEIGHTS))
    assert info.used_storage == len(WEIGHTS)


def test_by_revision(hub, commit):
    api = hub.api("ada")
    first = api.list_repo_commits("ada/tiny")[-1].commit_id
    info = api.repo_info("ada/tiny", revision=first)
    assert (info.sha, [one.rfilename for one in info.siblings]) == (first, [".gitattributes"])
    assert info.siblings[0].size is None
    api.create_branch("ada/tiny", branch="a/b", revision=first)
    assert api.repo_info("ada/tiny", revision="a/b").sha == first
    assert api.revision_exists("ada/tiny", "a/b")
    assert not api.revision_exists("ada/tiny", "c")
    with pytest.raises(RevisionNotFoundError):
        api.repo_info("ada/tiny", revision="c")


def test_evidence_is_there_from_the_start(hub, commit):
    info = hub.api().model_info("ada/tiny", securityStatus=True)
    assert info.security_repo_status == {"scansDone": False, "filesWithIssues": []}
    assert list(info.assay["axes"]) == ["secure", "open", "portable", "evaluated", "provenance"]


@pytest.mark.parametrize("type_", ["model", "dataset", "space"])
def test_only_what_is_asked_for(hub, type_):
    hub.repo("ada/tiny", {"README.md": CARD}, type_=type_)
    asked = hub.ask(
        "GET", f"/api/{type_}s/ada/tiny?expand=sha&expand=tags&expand[]=likes&expand=downloadsAllTime"
    ).json()
    assert set(asked) == {"_id", "id", "sha", "tags", "likes"}
    info = hub.api().repo_info("ada/tiny", repo_type=type_, expand=["author", "siblings"])
    assert (info.author, info.sha, len(info.siblings)) == ("ada", None, 2)


def test_an_unknown_field_is_refused_with_those_there_are(hub, commit):
    with pytest.raises(BadRequestError, match=r"must be one of .*author.*usedStorage"):
        hub.api().repo_info("ada/tiny", expand=["nonsense"])
    assert hub.ask("GET", "/api/datasets/ada/tiny?expand=gguf").status == 404
    hub.repo("ada/data", type_="dataset")
    assert hub.ask("GET", "/api/datasets/ada/data?expand=gguf").status == 400
    assert hub.ask("GET", "/api/models/ada/tiny?expand=sha&blobs=true").status == 400


@pytest.mark.parametrize(
    "card", [b"---\n: [\n---\n", b"\xff\xfe", b"---\n- a\n---\n", b"---\nlicense: {a: 1}\n---\n", b""]
)
def test_any_card_leaves_an_answer(hub, card):
    hub.repo("ada/odd", {"README.md": card})
    assert hub.api().repo_info("ada/odd").id == "ada/odd"


def test_auth_check(hub):
    hub.organisation("lab", ada="write", bob="read")
    hub.repo("lab/secret", private=True)
    hub.api("bob").auth_check("lab/secret")
    hub.api("ada").auth_check("lab/secret", write=True)
    with pytest.raises(HfHubHTTPError) as caught:
        hub.api("bob").auth_check("lab/secret", write=True)
    assert caught.value.response.status_code == 403
    with pytest.raises(HfHubHTTPError):
        hub.api("ada", "read").auth_check("lab/secret", write=True)
    for user in (None, "eve"):
        with pytest.raises(RepositoryNotFoundError):
            hub.api(user).auth_check("lab/secret")
