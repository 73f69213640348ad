"""A licence beside a file is taken for that file, where it is one and known; for papers, data and benchmarks."""

import pytest
from tests.make.revisions import revision

from assay.checks.components import seen_components
from assay.checks.stated_licences import stated_licence
from assay.checks.training_data import training_data

TAG = b"SPDX-License-Identifier: "


@pytest.mark.parametrize(
    ("beside", "spdx"),
    [
        (TAG + b"CC-BY-4.0\n", "CC-BY-4.0"),
        (b"SPDX-FileCopyrightText: 2026 Ada\n\n# " + TAG + b"CC0-1.0  \r\n", "CC0-1.0"),
        (TAG + b"CC-BY-4.0\n" + TAG + b"CC-BY-4.0\n", "CC-BY-4.0"),
        (TAG + b"CC-BY-4.0\n" + TAG + b"MIT\n", None),
        (TAG + b"LicenseRef-mine\n", None),
        (b"CC-BY-4.0\n", None),
        (b"", None),
    ],
)
def test_one_licence_that_is_known_is_taken(beside, spdx):
    found = stated_licence(revision({"paper.pdf": b"%PDF-1.7\n", "paper.pdf.license": beside}), "paper.pdf")
    assert (found.terms["spdx"] if found else None) == spdx


def component(files, name):
    return next(one for one in seen_components(revision(files)) if one.name == name)


@pytest.mark.parametrize(
    ("path", "name"),
    [("docs/paper.pdf", "Research paper"), ("report.pdf", "Technical report"), ("eval/a.jsonl", "Evaluation data")],
)
def test_a_component_takes_the_licence_that_stands_beside_it(path, name):
    files = {path: b"{}\n"}
    assert component(files, name).licence is None
    assert component(files | {f"{path}.license": TAG + b"CC-BY-4.0\n"}, name).licence == "CC-BY-4.0"


def test_data_that_lies_here_is_open_when_all_of_it_says_so():
    files = {"README.md": b"# A\n", "data/a.jsonl": b"{}\n", "data/b.csv": b"a\n"}
    assert training_data(revision(files)).verdict == "undisclosed"
    files["data/a.jsonl.license"] = TAG + b"CC0-1.0\n"
    assert training_data(revision(files)).verdict == "unknown"
    files["data/b.csv.license"] = TAG + b"CC-BY-4.0\n"
    assert training_data(revision(files)).verdict == "open"
    files["data/b.csv.license"] = TAG + b"CC-BY-NC-4.0\n"
    assert training_data(revision(files)).verdict == "restricted"


def test_the_final_weights_are_not_those_of_a_step():
    tensor = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    weights = len(tensor).to_bytes(8, "little") + tensor + bytes(4)
    files = {"checkpoint-5/model.safetensors": weights, "model.safetensors": weights}
    assert component(files, "Model parameters (Final)").evidence == "model.safetensors"
    assert component(files, "Model parameters (Intermediate)").evidence == "checkpoint-5/model.safetensors"
