from __future__ import annotations

import pytest
from tests.golden import assert_golden
from tests.reports.samples import RULES, SAMPLES

from assay import reports
from assay.errors import UsageError

GOLDEN = [
    *((name, "text", "txt") for name in SAMPLES),
    ("bad", "json", "json"), ("undecided", "json", "json"),
    ("bad", "md", "md"), ("clean", "md", "md"), ("hostile", "md", "md"),
    ("bad", "sarif", "sarif"), ("undecided", "sarif", "sarif"), ("hostile", "sarif", "sarif"),
    ("bad", "html", "html"), ("hostile", "html", "html"),
]  # fmt: skip


def test_formats_are_found_by_folder():
    assert reports.format_names() == ["html", "json", "md", "sarif", "text"]


def test_public_names_are_pinned():
    assert sorted(reports.__all__) == [
        "RuleNote", "Style", "check_format", "format_names", "render", "scan_report", "visible",
    ]  # fmt: skip


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(UsageError) as caught:
        reports.check_format("pdf")
    assert "pdf" in str(caught.value)
    assert "html, json, md, sarif, text" in caught.value.hint()
    with pytest.raises(UsageError):
        reports.render("pdf", SAMPLES["clean"]())


@pytest.mark.parametrize(("name", "form", "suffix"), GOLDEN)
def test_reports_read_as_kept(name, form, suffix):
    assert_golden(f"reports/{name}.{suffix}", reports.render(form, SAMPLES[name](), rules=RULES))


def test_narrow_ascii_text_reads_as_kept():
    assert_golden("reports/bad.ascii-48.txt", reports.render("text", SAMPLES["bad"](), width=48, unicode=False))


@pytest.mark.parametrize("form", reports.format_names())
@pytest.mark.parametrize("name", SAMPLES)
def test_rendering_changes_nothing_and_repeats_itself(name, form):
    scan, untouched = SAMPLES[name](), SAMPLES[name]()
    first = reports.render(form, scan, rules=RULES)
    assert first.endswith("\n")
    assert not first.endswith("\n\n")
    assert scan == untouched
    assert reports.render(form, scan, rules=RULES) == first
