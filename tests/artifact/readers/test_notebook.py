"""Notebooks: Python, commands and outputs of cells are told apart."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.notebooks import code, notebook

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import notebook as reader
from assay.artifact.readers import read_blob
from assay.errors import ReadError


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="x.ipynb", depth=0)


def test_cells_are_one_python_member():
    text = notebook(
        "%matplotlib inline\n!pip install x\nimport os\n", "%%bash\necho a\n# no\necho b",
        "for i in range(3):\n    !ls {i}\n",
        "x = !ls\nprint?\n", "await f()\nos.system('id')", "%%html\n<b>x</b>",
        {"cell_type": "markdown", "source": "# A"},
    )  # fmt: skip
    seen = read_blob(BytesBlob(text), Budget(), path="demo.ipynb").observation
    assert seen.format == "notebook"
    assert seen.complete, seen.problems
    assert [one["command"] for one in seen.facts["shell"]] == ["pip install x", "echo a", "echo b", "ls {i}", "ls"]
    ((name, python),) = seen.members
    assert (name, python.format) == ("cells.py", "python")
    assert {record["name"]: record["scope"] for record in python.facts["calls"]}["os.system"] == "function"


def test_a_cell_that_is_no_python_is_said():
    seen = look(notebook("def (:", "import os\nos.system('id')"))
    assert [problem.code for problem in seen.problems] == ["not-python"]
    assert not seen.complete
    assert seen.members[0][1].facts["calls"]


def test_other_languages_have_no_python():
    seen = look(notebook("library(x)", language="R"))
    assert seen.complete
    assert not seen.members


def test_outputs_that_act():
    html = "<div>ok</div><img src=x onerror=alert(1)>"
    seen = look(
        notebook(
            code("1", text_html=html, text_plain="<script>"), {"cell_type": "markdown", "source": "<script>a</script>"}
        )
    )
    assert [(one["cell"], one["mime"]) for one in seen.facts["active"]] == [(1, "text/html"), (2, "text/markdown")]


def test_a_file_that_a_cell_writes():
    seen = look(notebook("%%writefile a/modeling.py\nimport os\nos.system('id')"))
    assert seen.facts["files"] == [{"cell": 1, "name": "a/modeling.py"}]
    assert seen.members


def test_what_is_no_notebook_is_not_clean():
    assert not look(b"[1, 2]").complete
    assert not look(b'{"cells": [').complete


SOURCES = st.text(st.sampled_from("!%?\n abc(=)'\"#:"), max_size=30)
VALUES = st.recursive(st.none() | st.text(max_size=5) | SOURCES, lambda inner: st.lists(inner, max_size=3))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries({"cell_type": st.just("code"), "source": VALUES, "outputs": VALUES}), max_size=3))
def test_any_cells_give_an_observation_or_a_read_error(cells):
    try:
        seen = look(json.dumps({"cells": cells}).encode(), items=5000, facts=10_000)
    except ReadError:
        return
    assert seen.complete or seen.problems
