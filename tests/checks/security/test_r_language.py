"""SEC520: R data that run code."""

from __future__ import annotations

import gzip

from tests.make import r_data as r
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"model.rds": gzip.compress(r.HEAD + r.promise(r.call("system", r.texts("id"))), mtime=0)})
_LM = r.vector(r.call("lm", r.symbol("formula")), r.closure(r.call("eval", r.symbol("x"))), r.reals(1.0))
PASSING = revision({"model.rds": gzip.compress(r.HEAD + _LM, mtime=0)})


def test_severity():
    assert [finding.severity for finding in judged("SEC520", FAILING)] == [Severity.CRITICAL]
    plain = revision({"m.rds": r.HEAD + r.promise(r.call("c"))})
    assert [finding.severity for finding in judged("SEC520", plain)] == [Severity.HIGH]
    function = revision({"m.rds": r.HEAD + r.closure(r.call("system", r.texts("id")))})
    assert [finding.severity for finding in judged("SEC520", function)] == [Severity.HIGH]
