"""SEC440: links and storage that lead out of a file."""

from __future__ import annotations

from tests.make.hdf5_files import File, external, external_link, hard, hdf5, header, header_1, soft
from tests.make.revisions import judged, revision

from assay.finding import Severity


def storing(file, *, old=False):
    made = File(old=old)
    at = made.stored_elsewhere(file)
    return made.done(header_1(made.symbols(weights=at)) if old else header(hard("weights", at)))


FAILING = revision({"model.weights.h5": storing("/etc/passwd")})
PASSING = revision({"model.weights.h5": hdf5(soft("alias", "/weights"))})


def test_every_way_out_fails():
    dense = File(base=512)
    links = dense.dense([external_link(f"n{n}", "f.h5") for n in range(20)], links=True)
    for data, count in (
        (storing("x.bin", old=True), 1),
        (hdf5(external("e", "/x.h5")), 1),
        (dense.done(header(links)), 20),
    ):
        found = judged("SEC440", revision({"a.h5": data}))
        assert [item.severity for item in found] == [Severity.HIGH] * count


def test_a_file_beside_weighs_less():
    found = judged("SEC440", revision({"sub/a.h5": hdf5(external("e", "b.h5")), "sub/b.h5": hdf5()}))
    assert [item.severity for item in found] == [Severity.LOW]
