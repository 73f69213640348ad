"""SEC441: pickles in attributes and arrays of Python objects."""

from __future__ import annotations

import pytest
from tests.make.hdf5_files import File, attribute, hard, hdf5, header
from tests.make.pickle_parts import SHELL
from tests.make.revisions import judged, revision

_EARLY = b"cposix\nsystem\n(S'id'\ntR."
FAILING = revision({"table.h5": hdf5(attribute("FILTERS", _EARLY))})
PASSING = revision({"table.h5": hdf5(attribute("TITLE", b"cells."), attribute("cols", b"(lp0\nS'a'\np1\na."))})


@pytest.mark.parametrize("data", [SHELL, _EARLY])
def test_pickles_in_datasets_fail_and_are_weighed_as_pickles_too(data):
    made = File()
    what = revision({"a.h5": made.done(header(hard("objects", made.text_dataset(data))))})
    assert judged("SEC441", what)
    assert judged("SEC101", what)
