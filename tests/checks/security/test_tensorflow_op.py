"""SEC420: operators beyond computing, wherever in a graph they stand."""

from __future__ import annotations

import pytest
from tests.make.model_files import SAVES, proto, saved_model, tf_graph, tf_node, tf_text
from tests.make.revisions import judged, revision

FAILING = revision({"saved_model.pb": saved_model(tf_graph(tf_node("WriteFile")))})
PASSING = revision({"saved_model.pb": saved_model(SAVES)})
_TEXT = b"""
# comment
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" stripped_op_list { op { name: "ReadFile" } } }
  graph_def {
    node { name: "x" op: "Identity" attr { key: "T" value { type: DT_FLOAT } } }
    library { function { signature { name: "f" } node_def: < name: 'w' op: "Py" "Func" > } }
  }
}
"""


@pytest.mark.parametrize(
    "op", ["ReadFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "MatchingFiles", "DebugIdentityV2"]
)
@pytest.mark.parametrize("form", ["graph", "function", "saved", "frozen"])
def test_operators_that_touch_more_fail_in_any_place(op, form):
    node = tf_node(op)
    graph = (
        tf_graph(tf_node("Relu"), functions={"f": (node,)}) if form == "function" else tf_graph(tf_node("Relu"), node)
    )
    data = graph if form == "frozen" else saved_model(graph)
    assert [item.detail["operator"] for item in judged("SEC420", revision({"anything.bin": data}))] == [op]


def test_a_graph_written_as_text_is_read_too():
    found = judged("SEC420", revision({"saved_model.pbtxt": _TEXT}))
    assert [item.detail["operator"] for item in found] == ["PyFunc"]
    assert "in the function f" in found[0].message
    assert judged("SEC420", revision({"notes.txt": b'node { name: "a" op: "WriteFile" }\n'}))


def test_printing_to_a_file_fails_and_to_stderr_passes():
    def printing(stream):
        return revision({"a.pb": tf_graph(tf_node("PrintV2", output_stream=proto((2, stream))))})

    assert judged("SEC420", printing("file:///etc/cron.d/job"))
    assert not judged("SEC420", printing("stderr"))


@pytest.mark.parametrize(("path", "fails"), [("/etc/passwd", True), ("../../.ssh/id_rsa", True), ("vocab.txt", False)])
def test_paths_of_private_files_beside_file_operators_fail(path, fails):
    graph = tf_graph(tf_node("Const", "c", value=tf_text(path)), tf_node("RestoreV2"))
    assert bool(judged("SEC420", revision({"saved_model.pb": saved_model(graph)}))) is fails


def test_assets_outside_the_folder_fail():
    def asset(name):
        return revision({"saved_model.pb": saved_model(SAVES, (6, proto((1, proto((1, "x"))), (2, name))))})

    assert judged("SEC420", asset("../../etc/passwd"))
    assert not judged("SEC420", asset("vocab.txt"))
