"""SEC502: an archive of another kind under the name of weights."""

from __future__ import annotations

from tests.make.archives import seven_zip
from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import judged, revision

_SEVEN = seven_zip({"data.pkl": b"\x80\x02N."})
FAILING = revision({"pytorch_model.bin": _SEVEN})
PASSING = revision({"pytorch_model.bin": torch_zip(STATE_DICT), "extra.7z": _SEVEN})


def test_rar_under_the_name_of_weights():
    assert judged("SEC502", revision({"model.pt": b"Rar!\x1a\x07\x01\0" + bytes(60)}))
