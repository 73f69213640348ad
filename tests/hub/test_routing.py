"""The router: the nearest row wins, encoded slashes stay in their segment, and any bytes get an answer soon."""

import re
import time
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.hub.routing import Found, Needs, Route, Router, discover

ROUTER = Router(discover("assay.hub.api", "assay.hub.pages"))
segments = st.text(min_size=1, max_size=20).filter(lambda text: text.casefold() not in ROUTER.reserved)


def nothing(call):
    raise AssertionError


def router(*paths):
    return Router(Route("GET", path, nothing, Needs.ANYONE) for path in paths)


def path_of(found):
    return found.route.path if isinstance(found, Found) else found


@pytest.mark.parametrize(
    ("asked", "path", "params"),
    [
        ("/a/b", "/{repo}", {"kind": "", "owner": "a", "name": "b"}),
        ("/datasets/a/b", "/{repo}", {"kind": "datasets", "owner": "a", "name": "b"}),
        ("/a/b/tree/refs%2Fpr%2F1", "/{repo}/tree/{rev}", {"owner": "a", "name": "b", "rev": "refs/pr/1", "kind": ""}),
        ("/a/b/tree/main/x/y%2Fz", "/{repo}/tree/{rev}/{path*}", {"rev": "main", "path": "x/y/z"}),
        ("/a/b.git/info", "/{repo}.git/info", {"kind": "", "owner": "a", "name": "b"}),
        ("/models", "/models", {}),
        ("/lab", "/{account}", {"account": "lab"}),
        ("/%61", "/{account}", {"account": "a"}),
    ],
)  # fmt: skip
def test_the_nearest_row_is_found(asked, path, params):
    made = router(
        "/{repo}", "/{repo}/tree/{rev}", "/{repo}/tree/{rev}/{path*}", "/{repo}.git/info", "/models", "/{account}"
    )
    found = made.match("GET", asked)
    assert isinstance(found, Found)
    assert found.route.path == path
    assert params.items() <= found.params.items()


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "//",
        "/a/",
        "/a/b/",
        "//a",
        "/models/",
        "/datasets",
        "/datasets/x",
        "/api/x",
        "/API/x",
        "/%61pi/x",
        "/a%00",
        "*",
        "a/b",
    ],
)
def test_what_is_no_address(asked):
    made = Router([*router("/{repo}", "/{account}", "/models", "/api/y").routes])
    assert made.match("GET", asked) == frozenset()


def test_methods_that_an_address_knows():
    made = Router([Route("GET", "/x", nothing, Needs.ANYONE), Route("POST", "/x", nothing, Needs.ANYONE)])
    assert made.match("PUT", "/x") == {"GET", "HEAD", "POST"}
    assert path_of(made.match("HEAD", "/x")) == "/x"
    assert made.match("get", "/x") == {"GET", "HEAD", "POST"}


@given(st.sampled_from(ROUTER.routes), st.data())
@settings(max_examples=100)
def test_whatever_is_quoted_into_a_row_comes_out_of_it_or_of_a_nearer_one(route, data):
    kinds = {"{api_repo}": "models/{owner}/{name}", "{repo}": "{owner}/{name}"}
    template = route.path
    for short, long in kinds.items():
        template = template.replace(short, long)
    given_ = {}

    def filled(match):
        given_[match[1]] = data.draw(segments.filter(lambda text: "\0" not in text))
        return quote(given_[match[1]], safe="")

    asked = re.sub(r"\{(\w+)\*?\}", filled, template)
    found = ROUTER.match(route.method, asked)
    assert isinstance(found, Found)
    if found.route == route:
        assert given_.items() <= found.params.items()
    else:
        assert ROUTER.routes.index(found.route) < ROUTER.routes.index(route)


@given(st.sampled_from(["GET", "HEAD", "POST", "DELETE", "OPTIONS", "", "\x00"]), st.text(max_size=300))
def test_any_text_gets_an_answer(method, text):
    for asked in (text, f"/{text}", quote(text), f"/a/b/resolve/{quote(text)}"):
        found = ROUTER.match(method, asked)
        if isinstance(found, Found):
            assert all(unquote(asked).count(part) for part in found.params.values() if part)
        else:
            assert isinstance(found, frozenset)


@pytest.mark.parametrize(
    "piece", ["a", "/", "a/", ".git/", "%2F", "%", "a/b.git/info/lfs/", "..%2f", "/evidence/x/y.pem"]
)
def test_a_long_address_takes_no_long_time(piece):
    asked = "/" + piece * (16_000 // len(piece))
    started = time.process_time()
    ROUTER.match("GET", asked)
    ROUTER.match("GET", f"{asked}\n")
    assert time.process_time() - started < 0.25


def test_long_addresses_are_not_kept_in_memory():
    before = ROUTER._remembered.cache_info().currsize
    for number in range(50):
        ROUTER.match("GET", f"/{'a' * 600}{number}")
    assert ROUTER._remembered.cache_info().currsize == before


def test_every_row_is_reached_and_no_two_are_alike():
    assert len({(route.method, route.path) for route in ROUTER.routes}) == len(ROUTER.routes)


def test_no_account_can_hide_a_page():
    firsts = {route.path.split("/")[1] for route in ROUTER.routes}
    assert {first for first in firsts if first and "{" not in first} <= ROUTER.reserved
