"""Repos come, change, move and go, as the client asks for it."""

import pytest
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import RepositoryNotFoundError
from sqlalchemy import select

from assay.store.tables import account, git_commit, ref, repo

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)


@BOTH
@pytest.mark.parametrize("type_", ["model", "dataset", "space"])
def test_a_new_repo_has_a_main_branch(hub, type_):
    api = hub.api("ada")
    made = api.create_repo("tiny", repo_type=type_, space_sdk="static" if type_ == "space" else None)
    assert (made.repo_id, made.repo_type, made.endpoint) == ("ada/tiny", type_, hub.url)
    assert api.list_repo_files("ada/tiny", repo_type=type_) == [".gitattributes"]
    assert api.repo_exists("ada/tiny", repo_type=type_)
    assert not api.repo_info("ada/tiny", repo_type=type_).private
    others = {"model", "dataset", "space"} - {type_}
    assert not any(api.repo_exists("ada/tiny", repo_type=other) for other in others)


@BOTH
def test_a_repo_that_is_there_already(hub):
    api = hub.api("ada")
    first = api.create_repo("ada/tiny", private=True)
    assert api.create_repo("ada/tiny", exist_ok=True) == first
    with pytest.raises(HfHubHTTPError, match="already created"):
        api.create_repo("ada/tiny")
    assert api.repo_info("ada/tiny").private
    old = {"name": "ada/tiny", "organization": None, "type": "model", "private": False}
    answer = hub.ask("POST", "/api/repos/create", old, user="ada")
    assert (answer.status, answer.json()["url"]) == (409, f"{hub.url}/ada/tiny")


def test_below_organisations_as_their_roles_allow(hub):
    hub.organisation("lab", ada="admin", bob="write", eve="read")
    hub.api("bob").create_repo("lab/tiny", visibility="private")
    assert hub.api("eve").repo_info("lab/tiny").private
    for user in ("eve", "zoe"):
        with pytest.raises(HfHubHTTPError, match="rights") as caught:
            hub.api(user).create_repo("lab/other")
        assert caught.value.response.status_code == 403
    with pytest.raises(HfHubHTTPError):
        hub.api("bob", "read").create_repo("lab/other")
    with pytest.raises(HfHubHTTPError):
        hub.api("bob").create_repo("nobody/other")
    hub.user("root", admin=True)
    with pytest.raises(HfHubHTTPError):
        hub.api("root", "admin").create_repo("nobody/other")
    assert hub.ask("POST", "/api/repos/create", {"name": "x"}).status == 401


@pytest.mark.parametrize("name", ["", ".", "..", "a..b", "a--b", "-a", "a b", "a.git", "ä", "a\0b", "a" * 97, "a/b/c"])
def test_names_that_cannot_be(hub, name):
    answer = hub.ask("POST", "/api/repos/create", {"name": name, "organization": "ada"}, user="ada")
    assert answer.status in (400, 403)
    assert answer.headers["X-Error-Message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": 1}', b'{"name": "a", "type": "other"}', b"\xff",
                                  b'{"name": "a", "visibility": "secret"}'])  # fmt: skip
def test_bodies_that_make_no_sense(hub, body):
    for method, path in (("POST", "/api/repos/create"), ("DELETE", "/api/repos/delete"), ("POST", "/api/repos/move")):
        if path.endswith("create") or b"visibility" not in body:
            assert hub.ask(method, path, body, user="ada").status == 400


@BOTH
def test_deleting_takes_all_of_it(hub):
    hub.repo("ada/tiny", {"a.txt": b"x", "b.bin": bytes(2_000_000)})
    api = hub.api("ada")
    with pytest.raises(HfHubHTTPError) as caught:
        hub.api("eve").delete_repo("ada/tiny")
    assert caught.value.response.status_code == 403
    api.delete_repo("ada/tiny")
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo("ada/tiny")
    api.delete_repo("ada/tiny", missing_ok=True)
    with hub.node.database.read() as connection:
        assert [connection.execute(select(table)).all() for table in (repo, git_commit, ref)] == [[], [], []]
    api.create_repo("ada/tiny")
    assert api.list_repo_files("ada/tiny") == [".gitattributes"]


def test_deleting_what_one_may_not_see(hub):
    hub.repo("ada/secret", private=True)
    for name in ("secret", "absent"):
        with pytest.raises(RepositoryNotFoundError):
            hub.api("eve").delete_repo(f"ada/{name}")


@BOTH
def test_a_moved_repo_is_found_under_both_names(hub):
    hub.organisation("lab", ada="write")
    hub.repo("ada/tiny", {"a.txt": b"x"})
    api = hub.api("ada")
    api.move_repo("ada/tiny", "lab/bigger")
    assert [model.id for model in api.list_models()] == ["lab/bigger"]
    assert api.repo_info("ada/tiny").id == "lab/bigger"
    assert hub.ask("GET", "/ada/tiny/resolve/main/a.txt").body == b"x"
    api.move_repo("ada/tiny", "ada/third")
    assert {api.repo_info(name).id for name in ("ada/tiny", "lab/bigger")} == {"ada/third"}
    api.create_repo("ada/tiny")
    assert api.repo_info("ada/tiny").id == "ada/tiny"
    with pytest.raises(HfHubHTTPError, match="already"):
        api.move_repo("ada/third", "ada/tiny")
    api.delete_repo("ada/third")
    assert not api.repo_exists("lab/bigger")


def test_moving_needs_both_places(hub):
    hub.organisation("lab", bob="write", ada="read")
    hub.repo("ada/tiny")
    hub.repo("ada/secret", private=True)
    for user, old, new in (
        ("ada", "ada/tiny", "lab/tiny"),
        ("bob", "ada/tiny", "lab/tiny"),
        ("ada", "ada/tiny", "x/y"),
    ):
        with pytest.raises(HfHubHTTPError) as caught:
            hub.api(user).move_repo(old, new)
        assert caught.value.response.status_code == 403
    with pytest.raises(RepositoryNotFoundError):
        hub.api("bob").move_repo("ada/secret", "lab/secret")
    with pytest.raises(HfHubHTTPError, match="cannot be a name"):
        hub.api("ada").move_repo("ada/tiny", "ada/a..b")


def test_moving_into_a_full_account(hub):
    hub.organisation("lab", ada="write")
    hub.repo("ada/tiny", {"a.bin": bytes(2_000_000)})
    with hub.node.database.write() as connection:
        connection.execute(account.update().where(account.c.name == "lab").values(quota=1_000_000))
    with pytest.raises(HfHubHTTPError, match="do not fit"):
        hub.api("ada").move_repo("ada/tiny", "lab/tiny")


@BOTH
def test_settings(hub):
    hub.repo("ada/tiny")
    api = hub.api("ada")
    api.update_repo_settings("ada/tiny", visibility="private", gated="auto")
    with pytest.raises(RepositoryNotFoundError):
        hub.api("eve").repo_info("ada/tiny")
    assert api.repo_info("ada/tiny").gated == "auto"
    api.update_repo_settings("ada/tiny", private=False)
    assert hub.api("eve").repo_info("ada/tiny").gated == "auto"
    assert hub.ask("PUT", "/api/models/ada/tiny/settings", {}, user="ada").status == 400
    assert hub.ask("PUT", "/api/models/ada/tiny/settings", {"gated": "some"}, user="ada").status == 400
    assert hub.ask("PUT", "/api/models/ada/tiny/settings", {"gated": "auto"}, user="eve").status == 403
    assert hub.ask("PUT", "/api/models/ada/tiny/settings", {"gated": "auto"}).status == 401


@BOTH
@pytest.mark.parametrize("path", ["a%00/b", "ada/%00", "%ff/b", "a%2Fb/c", "x" * 3000 + "/b"])
def test_tricks_with_names_find_nothing(hub, path):
    assert hub.ask("GET", f"/api/models/{path}", user="ada").status in (400, 404)


def test_a_name_in_another_case_is_the_same_repo(hub):
    hub.repo("ada/Tiny")
    assert hub.api("ada").model_info("ADA/tiny").id == "ada/Tiny"
    with pytest.raises(HfHubHTTPError, match="already created"):
        hub.api("ada").create_repo("ada/TINY")
    hub.api("ada").move_repo("ada/tiny", "ada/tinY")
    assert hub.api("ada").model_info("ada/tiny").id == "ada/tinY"
    assert hub.api("ada").create_repo("ADA/other").repo_id == "ada/other"


def test_no_repo_of_others_is_made_under_a_name_that_moved(hub):
    hub.repo("ada/tiny")
    hub.api("ada").move_repo("ada/tiny", "ada/small")
    answer = hub.ask("POST", "/api/repos/create", {"name": "tiny", "organization": "ada"}, user="bob")
    assert answer.status == 403
    assert hub.ask("POST", "/api/repos/create", {"name": "small", "organization": "ada"}, user="bob").status == 409


@pytest.mark.parametrize("path", ["/api/models/gpt2", "/api/datasets/squad/revision/main", "/gpt2/resolve/main/x"])
def test_a_repo_without_an_owner_is_not_found(hub, path):
    answer = hub.ask("GET", path)
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")
