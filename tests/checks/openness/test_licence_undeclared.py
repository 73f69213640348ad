"""OPN101: is there a licence, and does anybody know its terms?"""

from __future__ import annotations

import pytest
from tests.make.licence_files import APACHE, LLAMA2, MIT
from tests.make.revisions import card, fact, judged, revision

from assay.finding import Outcome, Severity

FAILING = revision({"README.md": card(tags=["a"])})
PASSING = revision({"README.md": card(license="apache-2.0"), "LICENSE": APACHE})


def said(front, **texts):
    return [(one.outcome, one.severity) for one in judged("OPN101", revision({"README.md": card(**front)}, **texts))]


def test_no_licence_fails_and_one_named_by_its_text_alone_is_a_note():
    assert said({}) == [(Outcome.FAIL, Severity.MEDIUM)]
    assert said({}, LICENSE=MIT) == [(Outcome.FAIL, Severity.LOW)]


@pytest.mark.parametrize("name", ["other", "unknown", "our-own", "x" * 500, ["mit", "our-own"]])
def test_a_name_without_known_terms_is_unknown(name):
    assert said({"license": name}) == [(Outcome.UNKNOWN, Severity.INFO)]


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ({"license": "Apache 2.0"}, "apache-2.0"),
        ({"license": ["mit"]}, "mit"),
        ({"license": "other", "license_name": "llama2"}, "llama2"),
        ({"license": "MIT OR GPL-3.0-only"}, "mit"),
        ({"license": "mit AND cc-by-nc-4.0"}, "cc-by-nc-4.0"),
        ({"license": "EUPL-1.2"}, "eupl-1.2"),
    ],
)
def test_spellings_lists_and_expressions_are_resolved(front, expected):
    assert fact("OPN101", revision({"README.md": card(**front)}))["id"] == expected


def test_the_fact_holds_known_terms_only():
    known = fact("OPN101", revision({"README.md": card(license="llama2"), "LICENSE": LLAMA2}))
    assert known["declared"] == "llama2"
    assert (known["openness"], known["user_cap"], known["text_present"]) == ("use-restricted", 700_000_000, True)
    assert fact("OPN101", revision({"README.md": card(license="our-own")})) == {
        "declared": "our-own", "id": None, "spdx": None, "text_present": False,
    }  # fmt: skip
    assert fact("OPN101", revision({"README.md": card()})) == {"text_present": False}


def test_a_stricter_text_is_what_the_fact_says_and_a_freer_one_is_not():
    def stated(licence, text):
        return fact("OPN101", revision({"README.md": card(license=licence)}, LICENSE=text))

    assert (stated("mit", LLAMA2)["id"], stated("mit", LLAMA2)["declared"]) == ("llama2", "mit")
    assert stated("cc-by-nc-4.0", MIT)["id"] == "cc-by-nc-4.0"
    added = stated("mit", MIT + b"\nThe Software may not be used commercially.\n")
    assert (added["id"], "openness" in added, "osi_approved" in added) == (None, False, False)


def test_the_fact_carries_the_clauses_it_rests_on():
    said_ = fact("OPN101", revision({"README.md": card(license="llama4")}))
    assert said_["clauses"]["user_cap"] == "section 2: 'greater than 700 million'"
    assert (said_["territories"], said_["reaches_outputs"]) == (["European Union"], "naming")
