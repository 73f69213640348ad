"""A licence text is added where the card declares it and nothing speaks against it; else a person decides."""

from __future__ import annotations

import pytest

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.fixes import fix_folder

CARD = "---\nlicense: {licence}\n{more}---\n\n# A model\n\nTrained from scratch.\n"


def repaired(folder, *, licence="apache-2.0", more="", holder=None, files=()):
    model = folder / "model"
    model.mkdir()
    (model / "README.md").write_text(CARD.format(licence=licence, more=more))
    for name, content in files:
        (model / name).write_text(content)
    return fix_folder(model, assess(open_local(model)).predicate, target=folder / "out", holder=holder)


def test_the_apache_text_is_added_and_the_check_is_content(tmp_path):
    report = repaired(tmp_path, more="tags: [from-scratch]\n")
    assert report.changes[0].adds == ("LICENSE",)
    assert report.conversions == ()
    found = assess(open_local(report.target)).predicate
    assert found["facts"]["licence"]["text_present"] is True
    assert not any(one["outcome"] == "fail" for one in found["findings"] if one["axis"] == "open")


def test_the_mit_text_gets_its_holder(tmp_path):
    report = repaired(tmp_path, licence="mit", holder=" 2026 Example Org ")
    text = (report.target / "LICENSE").read_text()
    assert "Copyright (c) 2026 Example Org\n" in text
    assert "<holder>" not in text


@pytest.mark.parametrize("holder", [None, " ", "two\nlines", "x" * 201])
def test_the_mit_text_without_a_holder_is_refused(tmp_path, holder):
    report = repaired(tmp_path, licence="mit", holder=holder)
    assert report.target is None
    assert "names the holder" in report.refused[0].why
    assert "2026 Example Org" in report.refused[0].hint


@pytest.mark.parametrize(
    ("parent", "says"), [("meta-llama/Llama-2-7b-hf", "stands under llama2"), ("someone/unheard-of", "is not known")]
)
def test_a_parent_under_another_licence_leaves_it_to_a_person(tmp_path, parent, says):
    report = repaired(tmp_path, more=f"base_model: {parent}\n")
    assert report.target is None
    assert says in report.refused[0].why
    assert report.refused[0].hint.startswith("A person must decide")


def test_a_parent_under_the_same_licence_does_no_harm(tmp_path):
    report = repaired(tmp_path, more="base_model: mistralai/Mistral-7B-v0.1\n")
    assert report.refused == ()


def test_a_licence_whose_text_does_not_ship_is_refused(tmp_path):
    report = repaired(tmp_path, licence="gemma")
    assert "does not ship" in report.refused[0].why
    assert report.refused[0].to_json()["fix"] == "FIX102-licence-text"


def test_a_text_that_is_there_needs_nothing(tmp_path):
    report = repaired(tmp_path, files=[("COPYING", "Apache License, Version 2.0\n")])
    assert (report.changes, report.refused) == ((), ())


def test_nothing_declared_is_nothing_to_add(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "README.md").write_text("# A model\n")
    report = fix_folder(tmp_path / "model", assess(open_local(tmp_path / "model")).predicate, target=tmp_path / "out")
    assert (report.changes, report.refused) == ((), ())


def test_a_file_in_the_way_is_never_replaced(tmp_path):
    report = repaired(tmp_path, files=[("license", "\x00\x01\x02 not a text")])
    assert report.target is None
    assert report.refused[0].file == "LICENSE"
