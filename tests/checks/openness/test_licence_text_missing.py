"""OPN102: a declared licence whose text does not come along."""

from __future__ import annotations

from tests.make.licence_files import APACHE, MIT, USE_POLICY
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


def test_a_text_in_the_card_is_a_text():
    inside = revision({"README.md": card(license="mit") + b"\n## License\n\n" + MIT + b"\n## Citation\n\nNone.\n"})
    assert judged("OPN102", inside) == []
    assert judged("OPN104", inside) == []
    named = revision({"README.md": card(license="mit") + b"\n## License\n\nReleased under the MIT license.\n" * 20})
    assert judged("OPN102", named)


def test_the_text_that_the_card_links_to_may_lie_in_a_folder():
    link = {"license": "other", "license_name": "mit", "license_link": "docs/LICENSE"}
    assert judged("OPN102", revision({"README.md": card(**link), "docs/LICENSE": MIT})) == []
    link["license_link"] = "https://hub.example/org/name/blob/main/docs/LICENSE"
    assert judged("OPN102", revision({"README.md": card(**link), "docs/LICENSE": MIT})) == []
    assert judged("OPN102", revision({"README.md": card(license="mit"), "docs/LICENSE": MIT}))
