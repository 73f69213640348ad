"""JSON: read exactly and within limits, or said to be unread; nothing but plain JSON comes out."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.json import read as read_json
from assay.canonical import canonical_json
from assay.errors import BudgetError, ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_json(BytesBlob(data), Budget(**limits), path="x.json", depth=0)
    canonical_json(observation.to_json())
    return observation


def codes(observation):
    return [problem.code for problem in observation.problems]


def test_a_document_is_kept():
    seen = read('{"a": [1, -2, true, null, "x"], "b": {"c": ""}}')
    assert seen.complete
    assert seen.reader == "json/5"
    assert seen.problems == ()
    assert seen.facts == {
        "document": {"a": [1, -2, True, None, "x"], "b": {"c": ""}},
        "pruned": False,
        "loader_keys": [],
        "duplicate_keys": [],
        "secrets": [],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_content(encoding):
    assert read('{"é": 1}'.encode(encoding)).facts["document"] == {"é": 1}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.50", "1.5"),
        ("1e-5", "1e-05"),
        ("1e999", "1e999"),
        ("9007199254740991", 2**53 - 1),
        ("9007199254740992", "9007199254740992"),
        ("-" + "9" * 6000, "-" + "9" * 79),
        ("0." + "1" * 9000, "0.1111111111111111"),
    ],
)
def test_numbers_that_json_cannot_carry_become_strings(written, kept):
    assert read(f'{{"n": {written}}}').facts["document"] == {"n": kept}


def test_numbers_that_are_none_are_a_problem():
    seen = read('{"a": NaN, "b": [-Infinity]}')
    assert seen.complete
    assert codes(seen) == ["non-finite-number"]
    assert seen.facts["document"] == {"a": "NaN", "b": ["-Infinity"]}


def test_duplicate_keys_are_told_and_the_last_wins():
    seen = read('{"k": 1, "x": {"deep": 1, "deep": 2}, "k": 3, "k": 4}')
    assert codes(seen) == ["duplicate-key"]
    assert seen.facts["duplicate_keys"] == ["deep", "k"]
    assert seen.facts["document"]["k"] == 4


def test_lone_surrogates_are_replaced():
    assert read(r'{"\ud800": "a\udfffb"}').facts["document"] == {"\ufffd": "a\ufffdb"}


@pytest.mark.parametrize(
    "document",
    [[0] * 257, "x" * 4001, {"k": "x" * 4001}, [[[[[[[[[1]]]]]]]]], {f"{i:05}": "y" * 90 for i in range(9000)}],
)
def test_what_is_too_much_is_pruned_and_said(document):
    seen = read(json.dumps(document))
    assert seen.complete
    assert seen.facts["pruned"] is True
    assert len(canonical_json(seen.facts["document"])) < 300 * 1024


def test_the_outermost_is_pruned_last():
    seen = read(json.dumps({"model": {"vocab": {f"token{i}": i for i in range(50_000)}}, "auto_map": {"a": "b"}}))
    assert seen.facts["pruned"] is True
    assert seen.facts["document"]["auto_map"] == {"a": "b"}


@pytest.mark.parametrize("text", ["", "  \n", "{", '{"a" 1}', '{"a": 1,}', "[1] 2", '"\t"', "nul", "'a'"])
def test_what_is_no_json_is_incomplete(text):
    seen = read(text)
    assert not seen.complete
    assert codes(seen) == ["malformed"]
    assert seen.facts["document"] is None


def test_the_place_of_an_error_is_told():
    problem = read('{"é": 1,\n "b": 2,\n}').problems[0]
    assert problem.message == "is not valid JSON at or after line 2"
    assert problem.offset == len('{"é": 1,\n "b": 2'.encode())


def test_bytes_that_are_no_text_are_incomplete():
    assert codes(read(b'{"a": "\xff"}')) == ["malformed"]


@pytest.mark.parametrize("bomb", ["[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300])
def test_a_depth_bomb_is_over_budget(bomb):
    seen = read(bomb)
    assert not seen.complete
    assert codes(seen) == ["over-budget"]


def test_brackets_in_strings_do_not_nest():
    text = json.dumps(["[" * 1000, '\\"[{' * 500, {"a": "[,{" * 500}])
    assert read(text).complete


def test_deep_trees_are_read():
    assert read("[" * 150 + "]" * 150).complete


def test_limits_of_bytes_items_and_facts():
    with pytest.raises(BudgetError):
        read("[1, 2, 3]", bytes=5)
    with pytest.raises(BudgetError):
        read('["' + "x" * 100 + '"]', facts=50)
    assert codes(read(json.dumps(list(range(100))), items=50)) == ["over-budget"]
    assert read(json.dumps(["a,b" * 100]), items=50).complete


def test_a_file_beyond_the_limit_is_not_even_read():
    class Huge:
        size = 10**12

        def read_at(self, offset, length):
            raise AssertionError

    with pytest.raises(BudgetError):
        read_json(Huge(), Budget(), path="x", depth=0)


def test_secrets_are_told_and_nowhere_repeated():
    seen = read(json.dumps({"token": FAKE, FAKE: [FAKE]}, indent=1))
    assert [secret["line"] for secret in seen.facts["secrets"]] == [2, 3, 4]
    assert FAKE not in str(seen.to_json())


def test_secrets_in_broken_json_are_told():
    seen = read('{"token": "' + FAKE)
    assert not seen.complete
    assert seen.facts["secrets"][0]["kind"] == "huggingface-token"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.data())
def test_documents_and_their_mutations(value, data):
    text = bytearray(json.dumps(value).encode())
    assert read(bytes(text)).complete
    for _ in range(data.draw(st.integers(1, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert read(bytes(text)) == read(bytes(text))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        read(data, bytes=limit, items=limit, facts=limit)
