"""SEC454: operators of Paddle beyond computing."""

from __future__ import annotations

from tests.make.model_files import paddle
from tests.make.revisions import judged, revision

FAILING = revision({"model.pdmodel": paddle(("relu", {}), ("py_func", {"handle": "1"}))})
PASSING = revision({"model.pdmodel": paddle(("feed", {}), ("conv2d", {"data_format": "NCHW"}), ("fetch", {}))})


def test_files_named_in_the_program_are_shown():
    found = judged("SEC454", revision({"__model__": paddle(("save", {"file_path": "/etc/cron.d/job"}))}))
    assert "file_path=/etc/cron.d/job" in found[0].message
