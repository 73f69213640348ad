"""What is said of a licence text: facts, clauses with their line, terms elsewhere, language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.licence_files import MIT

from assay.canonical import canonical_json
from assay.checks.licence_report import licence_report
from assay.licences import known_text
from assay.licences.language import language
from assay.licences.words import Text

TERMS = """Acme License

You may use the Model for non-commercial purposes only.
If you have more than 100 million monthly active users, ask us.
You must comply with the Acceptable Use Policy (https://acme.example/use-policy).
We may update this Agreement from time to time.
"""


def test_clauses_have_their_line_and_their_words():
    said = licence_report(TERMS)
    assert said["grade"] == "none"
    assert {one["field"]: one["line"] for one in said["clauses"]} == {
        "non_commercial": 3, "user_cap": 4, "use_restrictions": 5, "revocable_or_mutable": 6,
    }  # fmt: skip
    assert "non-commercial purposes only" in said["clauses"][0]["quote"]
    assert said["terms_elsewhere"] == ["https://acme.example/use-policy"]


def test_the_words_of_known_licences_say_what_the_rules_say():
    expected = {
        "llama3.1": {"user_cap", "use_restrictions", "naming_or_branding"},
        "CC-BY-NC-4.0": {"non_commercial"},
        "stability-ai-community": {"revenue_cap", "naming_or_branding"},
        "tencent-hunyuan-community": {"geo_exclusion", "user_cap"},
        "gemma": {"use_restrictions", "revocable_or_mutable"},
        "bigscience-openrail-m": {"use_restrictions"},
    }
    for name, fields in expected.items():
        text = known_text(name)
        assert text is not None
        assert fields <= {one["field"] for one in licence_report(text)["clauses"]}, name


def test_open_licences_deny_nothing():
    (fact,) = licence_report(MIT.decode())["facts"]
    assert (fact["open"], fact["osi_approved"], fact["denies"], fact["asks"]) == (True, True, [], [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Permission is hereby granted to any person to use the software and to copy it for any purpose.", "en"),
        ("La permission est accordée à toute personne qui obtient une copie du logiciel et des fichiers de la", "fr"),
        (
            "Hiermit wird jeder Person, die eine Kopie der Software und der Dateien erhält, die Erlaubnis",
            "de",
        ),
        (
            "Por la presente se concede permiso a cualquier persona que obtenga una copia de este software y de los",
            "es",
        ),
        ("特此免费授予任何获得本软件副本和相关文档文件的人不受限制地处理本软件的权利", "zh"),
        ("", "en"),
        ("MIT", "en"),
    ],
)
def test_languages(text, code):
    assert language(Text(text).words) == code


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_a_report(text):
    canonical_json(licence_report(text))
