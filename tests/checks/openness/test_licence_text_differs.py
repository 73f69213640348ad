"""OPN104: the text against the tag, to the clause."""

from __future__ import annotations

import pytest
from tests.make.licence_files import APACHE, LLAMA2, MIT, USE_POLICY
from tests.make.revisions import card, judged, revision

from assay.checks import judge
from assay.finding import Outcome, Severity
from assay.licences import known_text

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


def test_the_licence_of_the_code_is_not_that_of_the_weights():
    words = "\n## Licence\n\nCode is under MIT, see LICENSE. Model weights are under CC-BY-NC 4.0.\n"
    files = {"README.md": card(license="cc-by-nc-4.0") + words.encode(), "LICENSE": MIT}
    (found,) = judged("OPN104", revision(files))
    assert (found.severity, found.file) == (Severity.LOW, "LICENSE")
    assert "covers the code" in found.message


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


def test_a_restriction_inside_the_card_counts_as_much():
    text = MIT + b"\nThe Model may not be used for commercial purposes.\n"
    files = {"README.md": card(license="mit") + b"\n## License\n\n" + text}
    (said,) = judged("OPN104", revision(files))
    assert (said.outcome, said.severity, said.file) == (Outcome.FAIL, Severity.HIGH, "README.md")


def test_a_changed_word_that_grants_nothing_is_a_note():
    changed = MIT.replace(b"ARISING FROM, OUT OF OR IN CONNECTION", b"ARISING FROM OR IN CONNECTION")
    (said,) = judged("OPN104", revision({"README.md": card(license="mit"), "LICENSE": changed}))
    assert (said.outcome, said.severity, said.location) == (Outcome.FAIL, Severity.LOW, "line 16")
    assert "lacks 'out of'" in said.message
    assert said.detail["differences"][0]["removed"] == "out of"


def test_a_condition_beside_the_text_weighs_less_than_a_restriction():
    (said,) = judged("OPN104", revision({"README.md": card(license="mit"), "LICENSE": MIT + b"\nYou must cite us.\n"}))
    assert (said.severity, said.location) == (Severity.MEDIUM, "line 18")


def test_ordinary_text_beside_a_licence_is_nothing_to_report():
    beside = b"Acme 7B is released under the MIT license, reproduced below.\n\n" + MIT
    assert said("mit", LICENSE=beside) == []
    assert said("mit", LICENSE=MIT.replace(b"2026 Someone", b"2019-2024 Will May, Acme Research and others")) == []


def test_the_words_of_another_licence_that_looks_alike():
    assert said("llama3.1", LICENSE=known_text("llama3.3").encode()) == [(Outcome.FAIL, Severity.MEDIUM)]
    assert said("llama3.1", LICENSE=known_text("llama3.1").encode()) == []
    assert said("mit", LICENSE=known_text("modified-mit-kimi-k2").encode()) == [(Outcome.FAIL, Severity.HIGH)]


def test_an_open_licence_beside_one_that_is_not():
    closed = known_text("CC-BY-NC-4.0").encode()
    policy = known_text("llama3.1-use-policy").encode()
    assert said("mit", LICENSE=MIT + b"\n\n" + closed)[0] == (Outcome.FAIL, Severity.HIGH)
    assert said("mit", LICENSE=MIT + b"\n\n" + policy) == [(Outcome.FAIL, Severity.HIGH)]
    assert said("mit", LICENSE=MIT, USE_POLICY=policy) == [(Outcome.FAIL, Severity.HIGH)]
    assert said("llama3.1", LICENSE=known_text("llama3.1").encode(), USE_POLICY=policy) == []


def test_digest_and_terms_elsewhere_are_recorded():
    text = known_text("llama3.1").encode() + b"\n(available at https://llama.example/llama3_1/use-policy).\n"
    (said,) = judge(revision({"README.md": card(license="llama3.1"), "LICENSE": text})).facts["licence_texts"]
    assert (said["file"], said["id"]) == ("LICENSE", "llama3.1")
    assert len(said["words_sha256"]) == 64
    assert said["terms_elsewhere"] == ["https://llama.example/llama3_1/use-policy"]
    assert "licence_texts" not in judge(revision({"README.md": card(license="mit")})).facts
