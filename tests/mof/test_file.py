"""MOF files: read from anybody, written so that they read back the same."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.budget import Budget
from assay.errors import ReadError
from assay.mof import MofComponent, MofLicence, components, evaluate, read_mof, write_mof

SAMPLE = """\
framework:
  name: 'Model Openness Framework'
  version: '1.0'
  date: '2024-12-15'
release:
  name: 'My-model'
  version: 7
  date: 2024-06-13
  license:
    distribution:
      name: Apache-2.0
      path: /path/to/LICENSE
    code:
      name: MIT
      path:
    data:
      name:
  type: ''
  components:
    - name: 'Model architecture'
      description: "Well commented code"
      license: unlicensed
    - name: 'Training code'
    - name: Datasets
      license: CC-BY-4.0
      license_path: data/LICENSE
      component_path: data/
    - name: A component of our own
    - 12
"""


def test_a_file_says_which_licence_holds_where():
    found = read_mof(SAMPLE)
    assert (found.release["name"], found.release["version"], found.release["date"]) == ("My-model", "7", "2024-06-13")
    assert found.licences["distribution"] == MofLicence("Apache-2.0", "/path/to/LICENSE")
    assert [one.name for one in found.components] == ["Model architecture", "Training code", "Datasets"]
    assert found.components[2].component_path == "data/"
    assert len(found.problems) == 2
    release = found.to_release()
    assert release.licences == {"distribution": "Apache-2.0", "code": "MIT"}
    assert release.components == {"Model architecture": "unlicensed", "Training code": None, "Datasets": "CC-BY-4.0"}


def test_what_is_written_reads_back_and_is_what_the_official_tool_takes():
    listed = [MofComponent("Model card", "CC-BY-4.0", "LICENSE", "README.md"), MofComponent("Datasets", ""),
              MofComponent("Training code")]  # fmt: skip
    text = write_mof({"name": "Ünlike: a model", "producer": "me"}, listed, {"code": MofLicence("MIT", "LICENSE")})
    found = read_mof(text)
    assert found.problems == ()
    assert found.release == {"name": "Ünlike: a model", "version": "", "date": "", "producer": "me"}
    assert found.components == (listed[0], MofComponent("Datasets", "unlicensed"), listed[2])
    assert found.licences == {"code": MofLicence("MIT", "LICENSE")}
    document = yaml.safe_load(text)
    assert document["framework"] == {"name": "Model Openness Framework", "version": "1.0", "date": "2024-12-15"}
    assert list(document["release"]["components"][0]) == [
        "name", "description", "license", "license_path", "component_path",
    ]  # fmt: skip


def test_writing_asks_for_a_name_and_for_known_components():
    with pytest.raises(ValueError, match="needs the name"):
        write_mof({}, [])
    with pytest.raises(ValueError, match="no component"):
        write_mof({"name": "x"}, [MofComponent("Soul")])


@pytest.mark.parametrize(
    "text", ["", "[]", "release: 7", "release: {}", "release: {name: 7}", "a: [", "x" * 300_000, "release:\n\t- x"]
)
def test_what_is_no_mof_file_is_an_error(text):
    with pytest.raises(ReadError):
        read_mof(text)


@pytest.mark.parametrize("said", ["7", "[a]", "{data: 7, code: [x]}", "{data: {name: [1]}}"])
def test_licences_of_the_wrong_type_are_problems_or_nothing(said):
    assert read_mof(f"release: {{name: x, license: {said}}}").to_release().licences == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from([one.name for one in components()]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["name", "release", "license", "components", "data", "code", "license_path", "date"]), inner,
        max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(json_values)
def test_any_document_yields_a_file_or_an_error(value):
    text = yaml.safe_dump({"release": value})
    try:
        found = read_mof(text, Budget())
    except ReadError:
        return
    assert evaluate(found.to_release()).reached in (0, 1, 2, 3)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_yields_a_file_or_an_error(text):
    try:
        read_mof(text)
    except ReadError:
        return
