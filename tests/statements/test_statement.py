"""Statements: one canonical form, and nothing ambiguous let in."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements.samples import assessed

from assay.canonical import canonical_json
from assay.errors import StatementError
from assay.statements.statement import Statement, Subject, revision_subjects

DIRHASH, COMMIT = "ab" * 32, "cd" * 20
PLAIN = Statement("urn:x", (Subject("a", {"sha256": DIRHASH}),), {"k": [1, "ü", None]})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def document(**changes):
    return canonical_json(json.loads(PLAIN.to_bytes()) | changes)


def test_it_is_an_in_toto_statement():
    assert json.loads(PLAIN.to_bytes()) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": DIRHASH}}],
        "predicateType": "urn:x",
        "predicate": {"k": [1, "ü", None]},
    }


@given(st.dictionaries(st.text(), json_values, max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back(predicate):
    statement = Statement("urn:x", PLAIN.subjects, predicate)
    assert Statement.parse(statement.to_bytes()) == statement
    assert Statement.parse(statement.to_bytes()).to_bytes() == statement.to_bytes()


@given(st.binary(max_size=300) | st.text().map(str.encode) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_statement_or_refused(data):
    with pytest.raises(StatementError):
        Statement.parse(data)


def test_subjects_of_a_revision():
    assert revision_subjects(DIRHASH, COMMIT) == (
        Subject("revision", {"dirHash": DIRHASH, "gitCommit": COMMIT}),
        Subject("manifest.txt", {"sha256": DIRHASH}),
    )
    assert revision_subjects(None, COMMIT) == (Subject("revision", {"gitCommit": COMMIT}),)
    assert Statement("urn:x", revision_subjects(DIRHASH, None), {}).dirhash == DIRHASH
    assert Statement("urn:x", revision_subjects(None, COMMIT), {}).dirhash is None
    with pytest.raises(StatementError, match="nothing names the revision"):
        revision_subjects(None, None)


def test_another_layout_is_read_too():
    assert Statement.parse(json.dumps(json.loads(PLAIN.to_bytes()), indent=2).encode()) == PLAIN


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not strict JSON"),
        (b"\xef\xbb\xbf{}", "not strict JSON"),
        (b"[]", "statement: expected an object"),
        (document(extra=1), "unknown key 'extra'"),
        (document()[:-1] + b',"_type":"x"}', "stands twice"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":1,"a":1'), "stands twice"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":1.5'), "no integer"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":1e3'), "no integer"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":NaN'), "no integer"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":9007199254740992'), "beyond"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":' + b"9" * 5000), "not strict JSON"),
        (document(predicate={"a": 1}).replace(b'"a":1', b'"a":"\\ud800"'), "not strict JSON"),
        (document(predicate={"a": 1}).replace(b":1", b":" + b"[" * 70 + b"]" * 70), "deeper than 64"),
        (document(predicate={"a": 1}).replace(b":1", b":" + b"[" * 100_000 + b"]" * 100_000), "deeper than 64"),
        (document(_type="https://in-toto.io/Statement/v0.1"), "_type"),
        (document(predicateType=""), "predicateType"),
        (document(predicate=[]), "predicate: expected an object"),
        (document(subject=[]), "subject"),
        (document(subject=[{"name": "a", "digest": {}}]), "at least one digest"),
        (document(subject=[{"name": "a", "digest": {"sha256": "AB" * 32}}]), r"subject\[0\].digest.sha256"),
        (document(subject=[{"name": "a", "digest": {"dirHash": "ab" * 20}}]), "64 lower-case hex"),
        (document(subject=[{"name": "a", "digest": {"sha256": 7}}]), "64 lower-case hex"),
        (document(subject=[{"name": "a", "digest": {"sha256": DIRHASH}, "uri": "x"}]), "unknown key 'uri'"),
    ],
)
def test_what_is_refused_and_where(data, says):
    with pytest.raises(StatementError, match=says):
        Statement.parse(data)


def test_a_float_cannot_be_stated():
    with pytest.raises(StatementError, match="float"):
        Statement("urn:x", PLAIN.subjects, {"a": 0.5}).to_bytes()


def test_a_statement_that_is_too_long_is_not_parsed():
    with pytest.raises(StatementError, match="at most"):
        Statement.parse(b" " * (64 * 1024 * 1024 + 1))


def test_same_content_same_bytes():
    assert assessed().to_bytes() == assessed().to_bytes()
