"""YAML: events only; tags told, aliases bounded, never constructed."""

import contextlib
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.yaml import read as read_yaml
from assay.canonical import canonical_json
from assay.errors import BudgetError, ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_yaml(BytesBlob(data), Budget(**limits), path="x.yaml", depth=0)
    canonical_json(observation.to_json())
    return observation


def codes(observation):
    return [problem.code for problem in observation.problems]


def test_a_document_is_kept():
    seen = read("a: [1, two]\nb:\n  c: 'yes'\n  d: |\n    text\n")
    assert seen.complete
    assert seen.problems == ()
    assert seen.facts == {
        "document": {"a": [1, "two"], "b": {"c": "yes", "d": "text\n"}},
        "pruned": False,
        "loader_keys": [],
        "documents": 1,
        "tags": [],
        "aliases": 0,
        "secrets": [],
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", None), ("~", None), ("Null", None), ("true", True), ("FALSE", False), ("yes", "yes"), ("no", "no"),
        ("012", 12), ("-3", -3), ("0o17", 15), ("0xff", 255), ("9007199254740992", "9007199254740992"),
        ("1.50", "1.5"), ("-.5e3", "-500.0"), (".inf", ".inf"), ("1.2.3", "1.2.3"), ("2024-01-01", "2024-01-01"),
        ("'1'", "1"), ('"null"', "null"), ("!!str 1", "1"), ("!!int '7'", 7), ("! 1", "1"), ('"\\ud800"', "\ufffd"),
        ("9" * 5000, "9" * 80), ("0x" + "f" * 5000, "f" * 80),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(written, kept):
    assert read(f"v: {written}\n").facts["document"] == {"v": kept}


def test_tags_are_told_whatever_they_hide_behind():
    text = (
        "%TAG !e! tag:yaml.org,2002:python/object/\n---\n"
        "a: !!python/object/apply:os.system ['id']\nb: !e!new:x.Y {}\nc: !local 1\nd: !!set {x}\ne: !!map {}\n"
    )
    seen = read(text)
    assert seen.complete
    assert seen.facts["tags"] == [
        {"tag": "!!python/object/apply:os.system", "line": 3},
        {"tag": "!!python/object/new:x.Y", "line": 4},
        {"tag": "!local", "line": 5},
        {"tag": "!!set", "line": 6},
    ]
    assert seen.facts["document"]["a"] == ["id"]


def test_aliases_share_what_they_name():
    seen = read("a: &x {k: 1}\nb: *x\n? &n name\n: *n\n")
    assert seen.facts["document"] == {"a": {"k": 1}, "b": {"k": 1}, "name": "name"}
    assert seen.facts["aliases"] == 2


def test_an_alias_bomb_is_bounded():
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    seen = read("\n".join(lines))
    assert seen.complete
    assert seen.facts["pruned"] is True
    assert len(canonical_json(seen.facts)) < 300 * 1024


def test_a_node_inside_itself_is_bounded():
    assert read("&a [*a, *a]").facts["pruned"] is True


def test_tags_in_later_documents_count():
    seen = read("a: 1\n---\nb: !!python/name:os.system\n")
    assert codes(seen) == ["several-documents"]
    assert seen.facts["document"] == {"a": 1}
    assert (seen.facts["documents"], len(seen.facts["tags"])) == (2, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [("a: 1\na: 2\n", "duplicate-key"), ("[1]: 2\n", "complex-key"), ("a: *nowhere\n", "undefined-alias")],
)
def test_oddities_are_problems(text, code):
    seen = read(text)
    assert seen.complete
    assert codes(seen) == [code]


def test_nothing_is_no_fault():
    assert read("").facts["document"] is None
    assert read("# only a comment\n").complete


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\tx", "'", "%YAML 9\n---\n", '"\\UFFFFFFFF"', "a\x01b", "@x"])
def test_what_is_no_yaml_is_incomplete(text):
    seen = read(text)
    assert not seen.complete
    assert codes(seen) == ["malformed"]


@pytest.mark.parametrize("text", ["[" * 50_000, "- " * 50_000, "? " * 50_000, "{a: " * 50_000])
def test_a_depth_bomb_is_over_budget(text):
    seen = read(text)
    assert not seen.complete
    assert codes(seen) == ["over-budget"]


def test_limits():
    with pytest.raises(BudgetError):
        read(b"a" * (256 * 1024 + 1))
    assert codes(read("[a, b, c]", items=4)) == ["over-budget"]


def test_secrets_are_told_and_not_repeated():
    seen = read(f"a: b\nhf: {FAKE}\n")
    assert seen.facts["secrets"][0]["line"] == 2
    assert FAKE not in str(seen.to_json())
    assert read(f"hf: {FAKE}\n[").facts["secrets"] != []


def test_importing_the_reader_does_not_import_the_parser():
    code = "import sys, assay.artifact.readers.yaml; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.data())
def test_documents_and_their_mutations(value, data):
    text = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(
            st.sampled_from(b"\x00\n \t:,[]{}!&*?-'\"\\#%|>~\xff")
        )
    assert read(bytes(text)) == read(bytes(text))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab1 \n\t:,[]{}!&*?-'\"\\#%|>~@`\ud7ff\u2028\ufeff", max_size=60))
def test_any_punctuation(text):
    read(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        read(data, bytes=limit, items=limit, facts=limit)
