"""Organisations, members, invitations and tokens over JSON, with the real client where it has the call."""

import pytest
from huggingface_hub.errors import HfHubHTTPError

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)


@BOTH
def test_an_organisation_from_its_making_to_its_members_leaving(hub):
    for name in ("ada", "bob"):
        hub.user(name)
    assert hub.ask("POST", "/api/organizations", {"name": "Lab", "fullname": "The lab"}, user="ada").status == 201
    assert hub.ask("POST", "/api/organizations", {"name": "lab"}, user="bob").status == 409
    place = "/api/organizations/Lab"
    assert hub.ask("PUT", f"{place}/members/bob", {"role": "write"}, user="ada").status == 204
    assert hub.ask("PUT", f"{place}/members/bob", {"role": "admin"}, user="bob").status == 403
    assert hub.ask("PUT", f"{place}/members/bob", {"role": "king"}, user="ada").status == 400
    assert hub.ask("PUT", f"{place}/members/nobody", {"role": "read"}, user="ada").status == 404
    listed = list(hub.api().list_organization_members("Lab"))
    assert [(one.username, one.role) for one in listed] == [("ada", "admin"), ("bob", "write")]
    assert hub.api().get_organization_overview("Lab").num_users == 2
    assert [one.name for one in hub.api().get_user_overview("bob").orgs] == ["Lab"]
    assert hub.ask("POST", f"{place}/leave", user="ada").status == 409
    assert hub.ask("POST", f"{place}/leave", user="bob").status == 204
    assert hub.ask("DELETE", f"{place}/members/bob", user="ada").status == 404
    with pytest.raises(HfHubHTTPError, match="404"):
        hub.api().get_organization_overview("ada")
    assert hub.ask("GET", "/api/users/a%00/overview").status == 404


def test_members_come_page_by_page(hub):
    hub.organisation("lab", **{f"m{number}": "read" for number in range(5)})
    answer = hub.ask("GET", "/api/organizations/lab/members?limit=2")
    names = [one["user"] for one in answer.json()]
    while "Link" in answer.headers:
        answer = hub.ask("GET", answer.headers["Link"].split(";")[0].strip("<>").removeprefix(hub.url))
        names += [one["user"] for one in answer.json()]
    assert names == [f"m{number}" for number in range(5)]


@BOTH
def test_tokens_over_json(hub):
    hub.user("ada")
    made = hub.ask("POST", "/api/tokens", {"name": "ci", "scope": "write", "days": 1}, user="ada")
    assert made.status == 201
    token = made.json()["token"]
    assert hub.api().whoami(token=token)["name"] == "ada"
    assert hub.ask("POST", "/api/tokens", {"name": "x"}, headers={"Authorization": f"Bearer {token}"}).status == 403
    rows = hub.ask("GET", "/api/tokens", user="ada").json()
    assert token not in str(rows)
    number = next(row["id"] for row in rows if row["name"] == "ci")
    hub.user("eve")
    assert hub.ask("DELETE", f"/api/tokens/{number}", user="eve").status == 404
    assert hub.ask("DELETE", f"/api/tokens/{number}", user="ada").status == 204
    for wrong in ("x", "-1", "9" * 18, "9" * 30, "%D9%A1"):
        assert hub.ask("DELETE", f"/api/tokens/{wrong}", user="ada").status == 404
    for days in (0, -1, 10**9):
        assert hub.ask("POST", "/api/tokens", {"name": "x", "days": days}, user="ada").status == 400


def test_invitations_and_shutting_out_over_json(hub):
    hub.user("boss", admin=True)
    hub.organisation("lab", ada="admin", bob="read")
    link = hub.ask("POST", "/api/organizations/lab/invitations", {"role": "write", "days": 1}, user="ada")
    assert link.json()["url"].startswith(f"{hub.url}/invitation/")
    assert hub.ask("POST", "/api/organizations/lab/invitations", {"days": 10**12}, user="ada").status == 400
    assert hub.ask("POST", "/api/organizations/lab/invitations", {}, user="bob").status == 403
    assert hub.ask("POST", "/api/invitations", {}, user="ada").status == 403
    assert hub.ask("POST", "/api/invitations", {"admin": True}, user="boss").status == 201
    assert hub.ask("PUT", "/api/users/boss/status", {"disabled": True}, user="boss").status == 409
    assert hub.ask("GET", "/api/whoami-v2", user="bob").status == 200
    assert hub.ask("PUT", "/api/users/bob/status", {"disabled": True}, user="boss").status == 204
    assert hub.ask("GET", "/api/whoami-v2", user="bob").status == 401
    assert hub.ask("PUT", "/api/users/bob/status", {"disabled": False}, user="boss").status == 204
    assert hub.ask("GET", "/api/whoami-v2", user="bob").status == 200
