"""Addresses of repos, as people paste and write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.make.fake_hub import COMMIT

from assay.artifact.sources.hub_address import HubAddress, parse_hub_address
from assay.errors import UsageError


@pytest.mark.parametrize(
    ("text", "repo", "revision", "kind"),
    [
        ("https://hub.test/org/name", "org/name", "main", "models"),
        ("https://hub.test/org/name/", "org/name", "main", "models"),
        ("HTTPS://Hub.Test/org/name?x=1#y", "org/name", "main", "models"),
        ("https://hub.test/org/name@v1.0", "org/name", "v1.0", "models"),
        ("https://hub.test/org/name@refs/pr/1", "org/name", "refs/pr/1", "models"),
        ("https://hub.test/org/name@refs%2Fpr%2F1", "org/name", "refs/pr/1", "models"),
        ("https://hub.test/org/name/tree/main", "org/name", "main", "models"),
        ("https://hub.test/org/name/tree/refs%2Fpr%2F1/sub", "org/name", "refs/pr/1", "models"),
        ("https://hub.test/org/name/tree/refs/pr/1/sub", "org/name", "refs/pr/1", "models"),
        ("https://hub.test/org/name/blob/dev/a/größe.json", "org/name", "dev", "models"),
        ("https://hub.test/org/name/resolve/dev/a.json?download=true", "org/name", "dev", "models"),
        ("https://hub.test/org/name/commit/" + COMMIT, "org/name", COMMIT, "models"),
        ("https://hub.test/org/name/tree", "org/name", "main", "models"),
        ("https://hub.test/datasets/org/name", "org/name", "main", "datasets"),
        ("https://hub.test/datasets/org/name/tree/dev", "org/name", "dev", "datasets"),
        ("https://hub.test/spaces/org/name", "org/name", "main", "spaces"),
        ("https://hub.test/gpt2", "gpt2", "main", "models"),
        ("https://hub.test/gpt2@dev", "gpt2", "dev", "models"),
        ("https://hub.test/gpt2/tree/dev", "gpt2", "dev", "models"),
        ("https://hub.test/datasets/squad", "squad", "main", "datasets"),
    ],
)
def test_an_address_is_understood_as_pasted(text, repo, revision, kind):
    assert parse_hub_address(text) == HubAddress("https://hub.test", repo, revision, kind)


@pytest.mark.parametrize(
    "text", ["org/name@dev", "https://hub.test/models/org/name@dev", "https://hub.test/models/org/name/tree/dev"]
)
def test_a_configured_hub_may_live_under_a_path(text):
    address = parse_hub_address(text, endpoint="https://hub.test/models/")
    assert address == HubAddress("https://hub.test/models", "org/name", "dev")


def test_a_configured_hub_does_not_stand_in_for_another():
    address = parse_hub_address("https://other.test/org/name", endpoint="https://hub.test")
    assert address.endpoint == "https://other.test"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "org/name",
        "ftp://hub.test/org/name",
        "https://",
        "https://hub.test",
        "https://hub.test/",
        "https://hub.test/datasets",
        "https://hub.test/a/b/c",
        "https://hub.test/org/name/discussions/3",
        "https://hub.test/org/na%20me",
        "https://hub.test/org/..%2F..",
        "https://hub.test/../name",
        "https://hub.test/org/name@",
        "https://hub.test/org/name@a..b",
        "https://hub.test/org/name@a%0Ab",
        "https://user:secret@hub.test/org/name",
        "https://[::1/org/name",
    ],
)
def test_an_address_that_names_no_repo_is_refused_with_a_hint(text):
    with pytest.raises(UsageError) as caught:
        parse_hub_address(text)
    assert caught.value.hint()
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60) | st.text(max_size=40).map("https://hub.test/".__add__))
def test_any_text_is_an_address_or_a_usage_error(text):
    try:
        address = parse_hub_address(text)
    except UsageError:
        return
    assert "/../" not in f"/{address.repo}/"
