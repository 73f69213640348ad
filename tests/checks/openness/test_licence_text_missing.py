"""OPN102: a declared licence whose text does not come along."""

from __future__ import annotations

from tests.make.licence_files import APACHE, USE_POLICY
from tests.make.revisions import card, judged, revision

from assay.finding import Severity

FAILING = revision({"README.md": card(license="apache-2.0")})
PASSING = revision({"README.md": card(license="apache-2.0"), "LICENSE": APACHE})


def test_it_is_a_note_for_open_licences_and_more_where_an_agreement_must_be_passed_on():
    assert [one.severity for one in judged("OPN102", FAILING)] == [Severity.LOW]
    bound = revision({"README.md": card(license="llama2"), "USE_POLICY.md": USE_POLICY})
    assert [one.severity for one in judged("OPN102", bound)] == [Severity.MEDIUM]


def test_a_notice_or_the_licence_of_a_part_is_no_licence_text():
    parts = revision({"README.md": card(license="mit"), "NOTICE": b"Thanks.\n", "vendor/LICENSE": APACHE})
    assert judged("OPN102", parts)
