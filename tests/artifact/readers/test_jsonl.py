"""JSON lines: counted as a stream, broken lines told, limits kept."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.jsonl import read as read_jsonl
from assay.canonical import canonical_json
from assay.errors import ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_jsonl(BytesBlob(data), Budget(**limits), path="x.jsonl", depth=0)
    canonical_json(observation.to_json())
    return observation


def codes(observation):
    return [problem.code for problem in observation.problems]


def test_lines_are_counted_and_the_first_object_is_kept():
    seen = read('[0]\n\n{"b": 1.5, "a": "x"}\r\n{"c": 1}')
    assert seen.complete
    assert seen.problems == ()
    assert seen.facts == {
        "lines": 3,
        "objects": 2,
        "keys": ["a", "b"],
        "first": {"a": "x", "b": "1.5"},
        "secrets": [],
    }


def test_nothing_is_no_fault():
    assert read("").facts == {"lines": 0, "objects": 0, "keys": [], "first": None, "secrets": []}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_content(encoding):
    seen = read('{"é": 1}\n{"é": 2}\n'.encode(encoding))
    assert (seen.facts["objects"], seen.facts["first"], seen.problems) == (2, {"é": 1}, ())


def test_a_broken_line_is_told_and_read_past():
    seen = read('{"a": 1}\n{oops\n\xff\n{"a": 2}\n')
    assert seen.complete
    assert codes(seen) == ["malformed-line"]
    assert "line 2" in seen.problems[0].message
    assert seen.facts["objects"] == 2


def test_lines_across_pieces():
    line = json.dumps({"text": "x" * 700_000})
    seen = read("\n".join([line] * 5))
    assert (seen.complete, seen.facts["lines"], seen.facts["objects"]) == (True, 5, 5)


def test_more_than_the_budget_is_incomplete():
    data = '{"a": 1}\n' * 100
    seen = read(data, bytes=50)
    assert not seen.complete
    assert codes(seen) == ["over-budget"]
    assert seen.facts["lines"] == 5
    assert codes(read(data, items=20)) == ["over-budget"]


def test_an_endless_line_is_incomplete():
    seen = read(b"{" + b" " * (17 * 1024 * 1024), bytes=10**9)
    assert not seen.complete
    assert codes(seen) == ["over-budget"]


def test_a_depth_bomb_in_a_line_is_incomplete():
    assert codes(read('{"a": 1}\n' + "[" * 100_000)) == ["over-budget"]


def test_secrets_are_told_by_line_and_nowhere_repeated():
    seen = read(f'{{"token": "{FAKE}"}}\n{{"x": "{FAKE}"}}\n')
    assert [secret["line"] for secret in seen.facts["secrets"]] == [1, 2]
    assert FAKE not in str(seen.to_json())


LINES = st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.floats()), max_size=5)


@settings(max_examples=100, deadline=None)
@given(LINES, st.data())
def test_documents_and_their_mutations(lines, data):
    text = bytearray("\n".join(map(json.dumps, lines)).encode())
    seen = read(bytes(text))
    assert (seen.facts["objects"], seen.problems) == (len(lines), ())
    if text:
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert read(bytes(text)) == read(bytes(text))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        read(data, bytes=limit, items=limit, facts=limit)
