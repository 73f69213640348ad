"""SEC442: structures that make no sense."""

from __future__ import annotations

import pytest
from tests.make.hdf5_files import File, Part, hard, hdf5, header
from tests.make.revisions import judged, revision


def circle():
    made = File()
    node = made.put(b"TREE\0\1" + (1).to_bytes(2, "little") + bytes(40))
    made.body[node + 32 : node + 40] = node.to_bytes(8, "little")
    heap, _ = made.names("a")
    return made.done(header(Part(17, node.to_bytes(8, "little") + heap.to_bytes(8, "little"))))


FAILING = revision({"a.h5": hdf5(hard("gone", 2**40))})
PASSING = revision({"a.h5": hdf5()})


@pytest.mark.parametrize("data", [circle(), hdf5(Part(16, bytes(15) + b"\x7f")), hdf5(Part(12, b"\x09" * 12))])
def test_addresses_that_lead_nowhere_or_in_circles_fail(data):
    what = revision({"a.h5": data})
    assert judged("SEC442", what)
    assert what.files[0].not_judged
