"""Licence texts: the words without their layout."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.licence import read as read_licence
from assay.canonical import canonical_json
from assay.errors import BudgetError, ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_licence(BytesBlob(data), Budget(**limits), path="LICENSE", depth=0)
    canonical_json(observation.to_json())
    return observation


def test_words_and_title():
    seen = read("\r\n\r\n  MIT  License\r\n\r\nPermission\tis\nhereby granted \n")
    assert seen.complete
    assert seen.facts == {
        "text": "\n\nMIT License\n\nPermission is\nhereby granted",
        "truncated": False,
        "words": 6,
        "title": "MIT License",
        "secrets": [],
    }


def test_an_empty_file_has_no_title():
    assert read("").facts == {"text": "", "truncated": False, "words": 0, "title": "", "secrets": []}


def test_a_long_text_is_cut_and_said():
    seen = read("word " * 40_000)
    assert (len(seen.facts["text"]), seen.facts["truncated"], seen.facts["words"]) == (131_072, True, 40_000)
    assert len(read("x" * 900).facts["title"]) == 200


def test_an_old_encoding_is_guessed_and_said():
    seen = read("Copyright © 2020".encode("latin-1"))
    assert seen.facts["text"] == "Copyright © 2020"
    assert [(problem.code, problem.offset) for problem in seen.problems] == [("not-utf-8", 10)]


def test_secrets_are_told_and_not_repeated():
    seen = read(f"MIT\n{FAKE}")
    assert seen.facts["secrets"][0]["line"] == 2
    assert FAKE not in str(seen.to_json())


def test_limits():
    with pytest.raises(BudgetError):
        read(b" " * (8 * 1024 * 1024 + 1))
    with pytest.raises(BudgetError):
        read("a b c", facts=10)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 500))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        assert read(data, bytes=limit, facts=limit) == read(data, bytes=limit, facts=limit)
