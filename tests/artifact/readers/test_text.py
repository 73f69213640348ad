"""Text: lines and secrets, as a stream; a Git LFS pointer is not the content."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.text import read as read_text
from assay.canonical import canonical_json
from assay.errors import ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_text(BytesBlob(data), Budget(**limits), path="x.txt", depth=0)
    canonical_json(observation.to_json())
    return observation


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\r\nb", 2), ("\n\n", 2)])
def test_lines(text, lines):
    seen = read(text)
    assert seen.complete
    assert seen.facts == {"text": text, "lines": lines, "secrets": []}


def test_a_long_text_is_not_kept_and_a_secret_is_not_repeated():
    assert read("a" * (64 * 1024 + 1)).facts["text"] is None
    assert read("a" * 1000, facts=2000).facts["text"] is None
    assert FAKE not in read(f"token {FAKE}\n").facts["text"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_secrets_in_any_encoding(encoding):
    seen = read(f"é\n{FAKE}\nzwölf\n".encode(encoding))
    assert seen.facts["lines"] == 3
    assert [(secret["kind"], secret["line"]) for secret in seen.facts["secrets"]] == [("huggingface-token", 2)]
    assert FAKE not in str(seen.to_json())


def test_a_secret_across_pieces():
    before = "x" * (1024 * 1024 - 10) + "\n"
    assert [secret["line"] for secret in read(before + FAKE).facts["secrets"]] == [2]


def test_more_than_the_budget_is_incomplete():
    seen = read("a\n" * 100, bytes=20)
    assert not seen.complete
    assert seen.facts["lines"] == 10
    assert seen.problems[0].code == "over-budget"


def test_a_pointer_is_incomplete():
    seen = read("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    assert not seen.complete
    assert seen.problems[0].code == "lfs-pointer"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        assert read(data, bytes=limit) == read(data, bytes=limit)
