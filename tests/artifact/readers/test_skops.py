"""Schemas of skops: every node, however deep; other files of that name stay JSON."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.skops_files import classifier, node, skops_file

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import read_blob
from assay.artifact.readers import skops as reader
from assay.errors import ReadError


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="schema.json", depth=0)


def test_nodes_are_listed_however_deep():
    deep = node("operator", "methodcaller", "OperatorFuncNode")
    for _ in range(40):
        deep = node("builtins", "list", "ListNode", content=[deep])
    observation = read_blob(BytesBlob(skops_file(classifier(x=deep))), Budget(), path="m.skops").observation
    ((_, seen),) = observation.members
    assert seen.format == "skops"
    assert ["OperatorFuncNode", "operator.methodcaller", None, 1] in seen.facts["nodes"]
    assert ["ListNode", "builtins.list", None, 40] in seen.facts["nodes"]
    assert seen.facts["version"] == "0.13.0"


def test_another_schema_is_json():
    assert look(b'{"type": "object"}').format == "json"
    assert not look(b'{"__loader__": ').complete


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.text(max_size=4),
        lambda inner: st.dictionaries(st.sampled_from(["__loader__", "__class__", "content"]), inner),
        max_leaves=8,
    )
)
def test_any_document_gives_an_observation(value):
    try:
        seen = look(json.dumps(value).encode(), items=3000, facts=5000)
    except ReadError:
        return
    assert seen.complete or seen.problems
