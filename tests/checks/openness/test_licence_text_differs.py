"""OPN104: the text against the tag, to the clause."""

from __future__ import annotations

import pytest
from tests.make.licence_files import APACHE, LLAMA2, MIT, USE_POLICY
from tests.make.revisions import card, judged, revision

from assay.finding import Outcome, Severity

FAILING = revision({"README.md": card(license="mit"), "LICENSE": MIT + b"\nNot for commercial use.\n"})
PASSING = revision({"README.md": card(license="apache-2.0"), "LICENSE": APACHE})

ADDED = [
    "The Model may not be used commercially, that is, for non-commercial purposes only.",
    "You agree not to use the Software to train other language models.",
    "Licensed for research purposes only.",
    "If you have more than 100 million monthly active users, you must ask us.",
    'The Software is provided under the "Commons Clause" License Condition v1.0.',
    "Use restrictions: see Attachment A.",
    "The Software shall not be used for military purposes.",
    "Persons domiciled in the European Union receive no rights.",
]


def said(licence: str, **texts: bytes):
    findings = judged("OPN104", revision({"README.md": card(license=licence)}, **texts))
    return [(one.outcome, one.severity) for one in findings]


@pytest.mark.parametrize("words", ADDED)
@pytest.mark.parametrize("base", [MIT, APACHE], ids=["mit", "apache"])
def test_an_open_text_with_a_restriction_is_not_that_licence(words, base):
    licence = "mit" if base is MIT else "apache-2.0"
    assert said(licence, LICENSE=base + words.encode()) == [(Outcome.FAIL, Severity.HIGH)]


def test_layout_does_not_matter():
    rewrapped = b"# MIT License\n\n" + b"\r\n".join(MIT.replace(b'"', "\u201c".encode()).split()[2:])
    assert said("mit", LICENSE=rewrapped) == []
    assert said("MIT", LICENSE=MIT.upper()) == []


def test_another_licence_than_declared_fails_worse_when_it_is_stricter():
    assert said("mit", LICENSE=LLAMA2) == [(Outcome.FAIL, Severity.HIGH)]
    assert said("llama2", LICENSE=MIT) == [(Outcome.FAIL, Severity.MEDIUM)]
    assert said("mit", LICENSE=APACHE) == [(Outcome.FAIL, Severity.MEDIUM)]


def test_one_of_two_texts_may_be_the_declared_one():
    files = {"README.md": card(license="mit"), "LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE}
    assert judged("OPN104", revision(files)) == []


def test_a_missing_clause_fails_and_a_mere_name_is_a_note():
    cut = MIT.replace(b", sublicense, and/or sell copies of the Software", b"")
    assert said("mit", LICENSE=cut) == [(Outcome.FAIL, Severity.MEDIUM)]
    assert said("mit", LICENSE=b"MIT License\n") == [(Outcome.FAIL, Severity.LOW)]


def test_a_text_that_nobody_knows_is_unknown():
    assert said("mit", LICENSE=b"Do as you are told.\n") == [(Outcome.UNKNOWN, Severity.INFO)]


def test_a_use_policy_belongs_to_a_restricted_licence_and_contradicts_an_open_one():
    assert said("llama2", LICENSE=LLAMA2, USE_POLICY=USE_POLICY) == []
    assert said("mit", LICENSE=MIT, USE_POLICY=USE_POLICY) == [(Outcome.FAIL, Severity.HIGH)]
