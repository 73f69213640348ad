"""Graphs as text: comments, lists, joined texts, escapes, both kinds of brackets."""

import pytest

from assay.artifact.budget import Budget
from assay.artifact.protobuf.text_format import graph_nodes, is_graph_text
from assay.errors import ReadError


def nodes(text):
    return list(graph_nodes(text, Budget()))


def test_nodes_of_graphs_and_functions():
    text = r"""
    node { name: "c" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING string_val: "a\x62\143" } } } }
    node: [ { op: 'Re' "lu" # a comment with { in it
      name: "r" }, < op: "PrintV2" attr { key: "output_stream" value: { s: "file:\/x" } } > ]
    library { function { node_def { op: "ReadFile" } signature { name: "f" } } }
    """
    found = nodes(text)
    assert [node.op for node in found] == ["Const", "Relu", "PrintV2", "ReadFile"]
    assert found[0].strings == ["abc"]
    assert found[2].texts == {"output_stream": "file:/x"}


def test_assets_and_names_of_functions():
    text = 'meta_graphs { asset_file_def { filename: "../x" } graph_def { library { function {'
    text += ' signature { name: "f" } node_def { op: "A" } } function { signature { name: "g" }'
    text += ' node_def { op: "B" } } } } }'
    assert [(node.asset, node.op, node.function) for node in nodes(text)] == [
        ("../x", "", ""), ("", "A", "f"), ("", "B", "g"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["node {", "node { } }", 'node { op: "x', "node { ? }", "node < }"])
def test_what_is_no_message(text):
    with pytest.raises(ReadError):
        nodes(text)


@pytest.mark.parametrize(("text", "is_graph"), [
    ("# comment\nnode {\n name: 'x'\n}", True), ("saved_model_schema_version: 1", True), ("node js is fine", False),
    ("library { book { } }", False), ("", False),
])  # fmt: skip
def test_how_a_graph_begins(text, is_graph):
    assert is_graph_text(text) is is_graph


def test_a_server_configuration_is_read_like_any_message():
    assert (
        nodes('name: "m"\nplatform: "onnxruntime"\ninput [\n  {\n dims: [ 3, -1 ]\n data_type: TYPE_FP32 }\n]\n') == []
    )
