"""Forms of pages: a new repo, and upload by browser, as plain forms without scripts."""

import gzip
from urllib.parse import urlencode

import pytest
from tests.hub.pages.conftest import text_of

BOUNDARY = "xXxBoundaryxXx"


def multipart(*parts):
    """Return a form as browsers send it: (field, file name or None, bytes)."""
    lines = []
    for field, name, data in parts:
        named = "" if name is None else f'; filename="{name}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'
        lines.append(head.encode() + data + b"\r\n")
    return b"".join(lines) + f"--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def ann(site):
    return site.session("ann")


def send(site, cookie, path, body, kind="application/x-www-form-urlencoded"):
    return site.page(path, cookie=cookie, method="POST", body=body, Content_Type=kind)


def upload(site, cookie, repo, body, token=None):
    token = site.form_token(cookie) if token is None else token
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return send(site, cookie, f"/{repo}/upload/main?form_token={token}", body, kind)


def contents(site, repo, path):
    return site.page(f"/{repo}/blob/main/{path}?format=json").json()


def test_a_repo_is_made_by_a_form(site, ann):
    assert "ann" in text_of(site.page("/new", cookie=ann))
    fields = {"owner": "org", "name": "formed", "type": "dataset", "private": "on"}
    made = send(site, ann, "/new", urlencode({**fields, "form_token": site.form_token(ann)}).encode())
    assert (made.status, made.headers["Location"]) == (303, "/datasets/org/formed")
    assert site.find("org/formed", "dataset").private


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"owner": "ann", "name": "a b"}, 400),
        ({"owner": "ann", "name": "data", "type": "dataset"}, 409),
        ({"owner": "boss", "name": "x"}, 403),
        ({"owner": "ann"}, 400),
    ],
)
def test_what_is_wrong_with_a_new_repo_is_said(site, ann, fields, status):
    body = urlencode({**fields, "form_token": site.form_token(ann)}).encode()
    assert send(site, ann, "/new", body).status == status


def test_forms_of_other_sites_and_of_strangers_are_refused(site, ann):
    assert send(site, ann, "/new", urlencode({"owner": "ann", "name": "forged"}).encode()).status == 403
    assert site.find("ann/forged") is None
    assert site.page("/new").status == 401
    site.repo("ann/closed")
    assert upload(site, ann, "ann/closed", multipart(("files", "a.txt", b"1")), token="0" * 64).status == 403
    assert site.page("/ann/closed/upload/main", cookie=site.session("eve")).status == 403


def test_files_are_uploaded_by_a_form(site, ann):
    site.repo("ann/uploads")
    body = multipart(
        ("summary", None, "Add wörds".encode()),
        ("below", None, b"/sub/"),
        ("files", "a.txt", b"text\r\n--not a boundary\r\n"),
        ("files", "weights.safetensors", b"\0" * 3_000_000),
        ("files", "empty", b""),
        ("folder", "model/deep/x.json", b"{}"),
    )
    made = upload(site, ann, "ann/uploads", body)
    assert (made.status, made.headers["Location"]) == (303, "/ann/uploads/tree/main")
    assert contents(site, "ann/uploads", "sub/a.txt")["text"]["lines"] == ["text", "--not a boundary"]
    assert contents(site, "ann/uploads", "sub/weights.safetensors")["file"]["size"] == 3_000_000
    assert contents(site, "ann/uploads", "sub/empty")["file"]["size"] == 0
    assert contents(site, "ann/uploads", "sub/deep/x.json")["file"]["size"] == 2
    assert site.page("/ann/uploads/commit/main?format=json").json()["revision"]["title"] == "Add wörds"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (multipart(("files", "", b"")), "No file was chosen"),
        (multipart(("files", "../x", b"1")), "../x"),
        (multipart(("files", "a.txt", b"1"))[:-9], "broke off"),
        (b"nonsense", "cannot be read"),
        (multipart(("summary", None, b"x" * 70_000)), "field"),
    ],
)
def test_a_form_that_cannot_be_taken_changes_nothing_and_says_why(site, ann, body, said):
    if site.find("ann/kept") is None:
        site.repo("ann/kept", {"a": b"1"})
    before = site.page("/ann/kept?format=json").json()["revision"]["commit"]
    answer = upload(site, ann, "ann/kept", body)
    assert 400 <= answer.status < 500
    assert said in text_of(answer)
    assert site.page("/ann/kept?format=json").json()["revision"]["commit"] == before


def test_pages_with_a_form_token_are_not_compressed(site, ann):
    assert "Content-Encoding" not in site.page("/", cookie=ann, Accept_Encoding="gzip").headers
    assert gzip.decompress(site.page("/", Accept_Encoding="gzip").body)
