"""SEC103: an archive whose directory says something else than its members."""

from __future__ import annotations

from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import judged, revision

_HONEST = torch_zip(STATE_DICT)
# The first of the two places that name a member is its local header.
FAILING = revision({"a.pt": _HONEST.replace(b"archive/data.pkl", b"archive/note.txt", 1)})
PASSING = revision({"a.pt": _HONEST})


def test_two_names_for_one_member_fail():
    assert "local-header-differs" in {finding.detail["problem"] for finding in judged("SEC103", FAILING)}


def test_a_checksum_that_lies_fails():
    lying = _HONEST.replace(b"bias", b"bIas", 1)
    assert [finding.detail["problem"] for finding in judged("SEC103", revision({"a.pt": lying}))] == ["crc-differs"]
