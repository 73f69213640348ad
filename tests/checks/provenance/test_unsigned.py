"""PRV101: a signature file, by its form; whether it holds is for `assay verify`."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, fact, judged, revision

from assay.finding import Outcome

_BUNDLE = document(mediaType="application/vnd.dev.sigstore.bundle.v0.3+json", dsseEnvelope={"payload": "e30="})
FAILING = revision({"model.safetensors": 9})
PASSING = revision({"model.safetensors": 9, "model.sig": _BUNDLE})


def test_the_fact_lists_the_files():
    assert fact("PRV101", PASSING) == {"files": ["model.sig"]}
    assert fact("PRV101", FAILING) == {"files": []}


@pytest.mark.parametrize("content", [b"", b"signed!", b"{}", b"[]", document(dsseEnvelope=1)])
def test_what_is_only_named_like_one_is_unknown(content):
    [finding] = judged("PRV101", revision({"model.sig": content}))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.detail == {"answered_by": "urn:assay:claim:v1"}
