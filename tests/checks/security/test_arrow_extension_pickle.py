"""SEC450: extension types restored from pickles, in every form of Arrow."""

from __future__ import annotations

import pytest
from tests.make.flatbuffer_files import arrow_file, arrow_schema, arrow_stream, parquet_of
from tests.make.pickle_parts import SHELL
from tests.make.revisions import judged, revision

_PICKLED = arrow_schema("arrow.py_extension_type", SHELL)
_PLAIN = arrow_schema("arrow.uuid", b"")
FAILING = revision({"data.parquet": parquet_of(_PICKLED)})
PASSING = revision({"data.parquet": parquet_of(_PLAIN), "data.arrow": arrow_file(_PLAIN), "s.arrow": arrow_stream({})})


@pytest.mark.parametrize("made", [arrow_file, arrow_stream, parquet_of])
@pytest.mark.parametrize("deep", [False, True])
def test_the_type_fails_and_its_pickle_is_weighed(made, deep):
    what = revision({"data": made(arrow_schema("arrow.py_extension_type", SHELL, deep=deep))})
    assert judged("SEC450", what)
    assert judged("SEC101", what)


def test_a_footer_that_differs_from_the_front_hides_nothing():
    for front, footer in ((_PLAIN, _PICKLED), (_PICKLED, _PLAIN)):
        assert judged("SEC450", revision({"data.arrow": arrow_file(front, footer)}))


def test_another_type_whose_parameters_are_a_pickle_fails():
    assert judged("SEC450", revision({"data": arrow_stream(arrow_schema("my.type", SHELL))}))
