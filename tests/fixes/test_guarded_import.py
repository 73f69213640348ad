"""Imports that need an accelerator go inside `try`; what would be guessed is refused."""

from __future__ import annotations

import ast

import pytest

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.fixes import fix_folder


def repaired(folder, code):
    model = folder / "model"
    model.mkdir()
    (model / "modeling_x.py").write_bytes(code.encode())
    return fix_folder(model, assess(open_local(model)).predicate, target=folder / "out")


@pytest.mark.parametrize(
    "code",
    [
        "import flash_attn\n",
        "import torch\n# why\nfrom flash_attn import flash_attn_func as f, b  # fast\n\nx = 1\n",
        "import xformers.ops as xops\r\nimport triton\r\nimport triton.language as tl\r\n",
    ],
)
def test_the_finding_is_gone_and_the_rest_stays(tmp_path, code):
    report = repaired(tmp_path, code)
    after = (tmp_path / "out" / "modeling_x.py").read_text()
    ast.parse(after)
    assert [change.fix for change in report.changes] == ["FIX401-guarded-import"]
    assert "# fast" in after or "# fast" not in code
    found = assess(open_local(tmp_path / "out")).predicate["findings"]
    assert not [one for one in found if one["rule"].startswith("POR102") and one["outcome"] == "fail"]


@pytest.mark.parametrize(
    "code", ["from apex import (\n    a,\n)\n", "from apex import *\n", "class A:\n    import apex\n"]
)
def test_what_does_not_stand_alone_is_refused(tmp_path, code):
    report = repaired(tmp_path, code)
    assert report.changes == ()
    assert [item.fix for item in report.refused] == ["FIX401-guarded-import"]


def test_weights_beside_an_engine_are_asked_for_not_made_up(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.engine").write_bytes(b"\x01\x80\xfe" * 2000)
    report = fix_folder(tmp_path / "model", assess(open_local(tmp_path / "model")).predicate, target=tmp_path / "out")
    assert [item.file for item in report.refused] == ["m.engine"]
