"""SEC105: a token is found, named by kind and line, and not repeated."""

from __future__ import annotations

from tests.make.revisions import document, judged, revision

from assay.finding import Severity

# Put together here so that the file itself holds nothing that looks like a token.
_TOKEN = "hf" + "_" + "QmZtRwKpXvLsNbHg" + "YcJdFoEiUaTrBkWyPq"
FAILING = revision({"config.json": document(token=_TOKEN)})
PASSING = revision({"config.json": document(hidden_size=64), "train.py": b"token = os.environ['HF_TOKEN']\n"})


def test_the_secret_stands_nowhere_in_the_finding():
    [finding] = judged("SEC105", FAILING)
    assert finding.severity is Severity.HIGH
    assert finding.location == "line 1"
    assert _TOKEN not in str(finding.to_json())
