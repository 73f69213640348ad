"""The story runs to its end, and every step does what it says."""

import importlib.util
import re

import pytest


@pytest.mark.slow
def test_the_demo_tells_the_whole_story(assay, tmp_path, require):
    require("numpy", importlib.util.find_spec("numpy") is not None, "numpy is not installed")
    told = assay("demo", "--yes", "--folder", tmp_path / "demo", timeout=180)
    assert told.code == 0, told.out + told.err
    steps = re.findall(r"^(\d+)/(\d+)  ", told.out, re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, int(steps[0][1]) + 1))
    assert "loading this calls posix.system" in told.out
    assert re.search(r"proved +12 of 12 tensors", told.out)
    assert "Policy default admits it." in told.out
    assert "Policy commercial refuses it." in told.out
    assert "model.assay is refused" in told.out
    assert not (tmp_path / "demo" / "publisher" / "llama2-finetune-mit.fixed" / "pytorch_model.bin").exists()


def test_the_demo_works_only_in_a_new_folder(assay, tmp_path):
    (tmp_path / "publisher").mkdir()
    (tmp_path / "publisher" / "precious").write_text("mine")
    told = assay("demo", "--yes", "--folder", tmp_path)
    assert told.code == 2
    assert "not empty" in told.err
    assert (tmp_path / "publisher" / "precious").read_text() == "mine"
