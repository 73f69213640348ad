"""`assay licence`: what a text is, in sentences and as an object, and which code it ends with."""

import json

import pytest
from tests.make.licence_files import APACHE, MIT

from assay.cli.main import main

RESTRICTED = MIT + b"\nThe Model may not be used for commercial purposes.\n"
CHANGED = MIT.replace(b"sublicense, and/or sell", b"and/or lend")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, **files):
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        capsys.readouterr()
        code = main(["licence", *arguments])
        return code, *capsys.readouterr()

    return call


def test_an_unchanged_text(run):
    code, out, err = run("LICENSE", LICENSE=MIT)
    assert (code, err) == (0, "")
    assert out.startswith("LICENSE is MIT License (MIT), word for word.\n  grade exact · ")
    assert "OSI-approved: yes" in out
    assert "may restrict" not in out


def test_a_restriction_beside_the_text(run):
    code, out, _ = run("LICENSE", LICENSE=RESTRICTED)
    assert code == 1
    assert "whole and unchanged; other text stands beside it" in out
    line = next(line for line in out.splitlines() if "may restrict" in line)
    assert line.startswith(
        f"  line {RESTRICTED.decode().splitlines().index('The Model may not be used for commercial purposes.') + 1} "
    )
    assert "Do not take it for MIT License" in out


def test_a_change_inside(run):
    code, out, _ = run("LICENSE", LICENSE=CHANGED)
    assert code == 1
    assert "with changed words" in out
    assert "says “lend” where the licence says “sublicense and or sell”" in out or "“sublicense" in out
    assert "a term of the licence" in out


def test_a_text_that_nobody_knows_is_undecided(run):
    code, out, _ = run("LICENSE", LICENSE=b"Do as you are told.\n")
    assert code == 3
    assert "is no licence text that is known here" in out


def test_a_translation_is_called_one(run):
    french = (
        "Licence MIT\n\nLa permission est accordée à toute personne qui obtient une copie du logiciel et des fichiers "
        * 3
    )
    code, out, _ = run("LICENSE", LICENSE=french.encode("latin-1"))
    assert code == 3
    assert "It names MIT License" in out
    assert "written in French" in out


def test_two_licences_in_one_file(run):
    code, out, _ = run("LICENSE", LICENSE=MIT + b"\n---\n" + APACHE)
    assert code == 0
    assert "holds 2 licences" in out


def test_the_same_codes_as_json(run):
    code, out, _ = run("LICENSE", "--format", "json", LICENSE=RESTRICTED)
    answer = json.loads(out)
    assert code == 1
    assert (answer["schema"], answer["grade"], answer["outcome"]) == ("assay.licence/v1", "same+text", "fail")
    assert [one["id"] for one in answer["licences"]] == ["MIT"]
    assert answer["around"][0]["restricts"]
    assert len(answer["sha256"]) == len(answer["words_sha256"]) == 64
    assert [one["field"] for one in answer["clauses"]] == ["non_commercial"]


def test_two_texts_are_compared(run):
    code, out, _ = run("A", "B", A=MIT, B=CHANGED)
    assert code == 0
    assert "Their words differ in one place" in out or "Their words differ in 2 places" in out
    assert "Their words are the same." in run("A", "C", C=MIT.upper())[1]


def test_licences_are_compared_by_name(run):
    code, out, _ = run("mit", "llama3.1")
    assert code == 0
    assert "≠ OSI-approved" in out
    assert "700,000,000" in out
    answer = json.loads(run("llama3.1", "llama3.3", "--format", "json")[1])
    assert any((one["added"], one["removed"]) == ("3", "1") for one in answer["differences"])


def test_what_is_named_is_described(run):
    code, out, _ = run("gemma")
    assert code == 0
    assert "not open: use restricted" in out
    assert "denies:" in out


def test_what_is_not_there_cannot_run(run, tmp_path):
    assert run("nowhere")[0] == 2
    (tmp_path / "folder").mkdir()
    code, _, err = run("folder")
    assert code == 2
    assert "assay scan folder" in err
