"""SEC522: boosted trees whose lengths lie."""

from __future__ import annotations

import pytest
from tests.make import boosted
from tests.make.revisions import judged, revision

FAILING = revision({"m.ubj": boosted.ubjson(count=2**60)})
PASSING = revision({"m.ubj": boosted.ubjson(), "m.txt": boosted.lightgbm(), "m.cbm": boosted.catboost()})


@pytest.mark.parametrize(
    "data", [boosted.lightgbm(announced=9), boosted.catboost(core=10**9), boosted.ubjson() + b"more"]
)
def test_each_format(data):
    assert judged("SEC522", revision({"model": data}))
