"""SEC504: bytes that are two formats at once."""

from __future__ import annotations

from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import judged, revision, safetensors

from assay.finding import Outcome

FAILING = revision({"m.gguf": b"GGUF\x03\0\0\0" + bytes(16) + torch_zip(STATE_DICT)})
PASSING = revision({"m.safetensors": safetensors(), "m.pt": torch_zip(STATE_DICT), "a.txt": b"PK\x05\x06 is a mark\n"})


def test_a_program_that_is_a_pickle_too_is_judged_as_both():
    both = revision({"x.py": b"cposix\nsystem\n(Vtrue,#\ntR.x)\neval(input())\n"})
    assert [finding.outcome for finding in judged("SEC101", both)] == [Outcome.FAIL]
    assert [finding.outcome for finding in judged("SEC309", both)] == [Outcome.FAIL]
    assert [finding.file for finding in judged("SEC504", both)] == ["x.py"]


def test_a_pickle_that_is_no_program_is_one_thing():
    only = revision({"x.py": b"cposix\nsystem\n(S'true'\ntR."})
    assert [finding.outcome for finding in judged("SEC101", only)] == [Outcome.FAIL]
    assert judged("SEC504", only) == []


def test_a_pickle_beside_a_program_too_large_to_read_is_not_clean():
    large = revision({"x.py": b"cposix\nsystem\n(Vtrue,#\ntR.x)\n" + b"#" * (5 * 1024 * 1024)})
    assert [finding.outcome for finding in judged("SEC101", large)] == [Outcome.FAIL]
    assert "as one it" in (large.files[0].not_judged or "")
