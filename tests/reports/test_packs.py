"""What rule packs found stands in every report under their own names, and what they are called harms nobody."""

import json

import pytest
from tests.reports.samples import TRAPS, bad, finding, sha
from tests.reports.test_sarif import run_of
from tests.reports.test_untrusted import ATTRIBUTES, TAGS, Page, acts

from assay.reports import format_names, render

SHELL = "A helper starts a shell"


def packed(*findings, **named):
    """The bad sample, judged by one pack too."""
    pack = {"id": "acme", "version": "1.2", "maker": "Acme Labs", "digest": sha("pack"), **named}
    return {**bad(), "packs": [{**pack, "findings": list(findings)}]}


def found(file="modeling.py", **named):
    return finding("acme/hidden-shell", "secure", "critical", SHELL, file=file, fix="Remove the call.", **named)


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_a_report_for_people_says_whose_finding_it_is(form):
    told = render(form, packed(found(), found("other.py"))).replace("\\", "")
    assert "Rule pack acme 1.2 by Acme Labs, in no axis: 2 findings" in told
    theirs = told.partition("in no axis: 2 findings")[2]
    assert theirs.count(SHELL) == 1
    assert "acme/hidden-shell" in theirs
    assert "modeling.py" in theirs
    assert "Remove the call." in theirs
    assert "acme" not in told.partition("Rule pack")[0]


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_a_pack_that_found_nothing_or_gave_up_is_not_taken_for_danger(form):
    told = render(form, packed()).replace("\\", "")
    assert "by Acme Labs, in no axis: nothing found" in told
    gave_up = render(form, packed(finding("acme/slow", "secure", "critical", "gave up", outcome="unknown")))
    theirs = gave_up.replace("\\", "").partition("in no axis: 1 finding")[2].partition("Verdict")[0]
    assert "gave up" in theirs
    assert "critical" not in theirs


@pytest.mark.parametrize("form", ["md", "html", "sarif", "json"])
def test_a_report_to_keep_names_the_very_pack(form):
    assert sha("pack")[:16] in render(form, packed())


def test_machine_formats_keep_them_apart():
    scan = packed(found())
    assert json.loads(render("json", scan))["packs"] == scan["packs"]
    run = run_of(scan)
    assert [(one["name"], one["version"], one["organization"]) for one in run["tool"]["extensions"]] == [
        ("acme", "1.2", "Acme Labs")
    ]
    assert [one["kind"] for one in run["results"] if one["ruleId"] == "acme/hidden-shell"] == ["review"]
    assert "extensions" not in run_of(bad())["tool"]


@pytest.mark.parametrize("form", format_names())
def test_no_name_of_a_pack_acts(form):
    traps = [
        finding(f"acme/{trap}", "secure", "critical", trap, file=trap, location=trap, fix=trap) for trap in TRAPS
    ]  # fmt: skip
    every = " ".join(TRAPS)
    made = render(form, packed(*traps, id=every, version=every, maker=every, digest=every))
    assert acts(made) == []
    if form == "html":
        page = Page(made)
        assert page.tags <= TAGS
        assert page.attributes <= ATTRIBUTES
    if form == "sarif":
        run_of(packed(*traps, id=every, version=every, maker=every))
