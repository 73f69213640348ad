from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.samples import SAMPLES, axis, bad, clean, file, finding, reason, scan, undecided

from assay.reports import render
from assay.reports.escape import cells, cut, fit, wrap
from assay.reports.story import command, size_text

WIDE = st.text(st.characters(codec="utf-8"), max_size=200) | st.text(alphabet="ab 漢é\u0301", max_size=200)


def told(text, **more):
    axes = {"secure": axis("fail", text), "open": axis("unknown", text)}
    found = finding("SEC101-x", "secure", "critical", text, file=text, location=text, fix=text)
    verdict = {
        "policy": text, "outcome": "refuse", "because": [reason("refuse", "deny", text, text)],
        "would_change_if": [{"verdict": "admit", "changes": [text, text]}],
    }  # fmt: skip
    unread = [{"file": text, "reason": text}]
    return scan(text, [file("a", 1, "json")], [found, *more.get("findings", [])], axes, verdict, not_judged=unread)


def test_a_bad_model_fits_one_screen():
    lines = render("text", bad()).splitlines()
    assert len(lines) <= 36
    assert lines[0] == "./llama-2-helper"
    assert lines[-1].strip().startswith("assay fix ./llama-2-helper")


def test_axes_come_first_in_fixed_order_each_with_mark_word_and_reason():
    lines = render("text", bad()).splitlines()[3:8]
    assert [line.split()[:3] for line in lines] == [
        ["✗", "Secure", "fail"], ["✗", "Open", "fail"], ["✗", "Portable", "fail"],
        ["?", "Evaluated", "unknown"], ["?", "Provenance", "unknown"],
    ]  # fmt: skip
    assert all(len(line.split()) > 3 for line in lines)


def test_the_worst_comes_first_whatever_the_order_found():
    found = [
        finding("A1-a", "open", "low", "mild"), finding("A2-b", "open", "info", "open", outcome="unknown"),
        finding("A3-c", "open", "critical", "grave"), finding("A4-d", "open", "medium", "middling"),
    ]  # fmt: skip
    text = render("text", scan("x", [], found, {}, clean()["verdict"]))
    assert [text.index(word) for word in ("grave", "middling", "mild")] == sorted(
        text.index(word) for word in ("grave", "middling", "mild")
    )
    assert "1 critical, 1 medium, 1 low, 1 unknown" in text


def test_alike_findings_are_folded_with_their_places_counted():
    found = [finding("A1-a", "secure", "high", "same", file=f"part-{n}.bin") for n in range(40)]
    text = render("text", scan("x", [], found, {}, clean()["verdict"]))
    assert "40 high" in text
    assert text.count("same") == 1
    assert "part-0.bin and 39 more places" in text


def test_many_different_findings_are_cut_and_counted():
    found = [finding(f"A{n}-a", "secure", "high", f"message {n}") for n in range(40)]
    text = render("text", scan("x", [], found, {}, clean()["verdict"]))
    assert "and 32 more; all of them with --format json" in text
    assert len(text.splitlines()) < 50


def test_what_was_not_judged_is_said_once_and_never_passed():
    text = render("text", undecided())
    assert "Not judged, and so not passed:" in text
    assert text.count("weights/part-2.bin") == 1
    assert "1 file not judged, 1 file not examined" in text
    assert "not isolated" in text


def test_verdict_says_why_and_what_would_change_it():
    text = render("text", bad())
    assert "✗ refused by policy default" in text
    assert "✗ known-danger: Loading or running this could hurt you." in text
    assert "To be admitted, all of these:\n    - Ask for safetensors" in text
    assert "Would be refused after:\n    - A new finding" in render("text", clean())
    assert "Cannot be decided: secure.ok not known." in render("text", undecided())


@pytest.mark.parametrize("name", SAMPLES)
def test_colour_only_when_asked_and_it_adds_nothing_else(name):
    plain = render("text", SAMPLES[name]())
    assert "\x1b" not in plain
    coloured = render("text", SAMPLES[name](), color=True)
    assert "\x1b[31m" in coloured or name in ("clean", "undecided")
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


@pytest.mark.parametrize("name", SAMPLES)
def test_ascii_when_the_terminal_is_not_utf8(name):
    assert render("text", SAMPLES[name](), unicode=False).isascii()


@settings(max_examples=100, deadline=None)
@given(WIDE, st.integers(48, 140), st.booleans())
def test_no_line_is_wider_than_the_terminal(text, width, unicode):
    lines = render("text", told(text), width=width, unicode=unicode).splitlines()
    assert max(cells(line) for line in lines if not line.strip().startswith(("Next:", "assay "))) <= width


@given(WIDE, st.integers(10, 60))
def test_wrapping_loses_no_word(text, width):
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


@given(WIDE, st.integers(4, 60))
def test_cutting_keeps_to_the_width(text, width):
    assert cells(fit(text, width)) <= width
    assert cells(cut(text, width)) <= width


def test_a_cut_path_keeps_its_start_and_end():
    assert fit("/home/me/models/very/deep/folder/model.safetensors", 24) == "/home/me/mo….safetensors"
    assert cut("a reason, that goes on", 10) == "a reason…"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
     (13_476_000_000, "13.5 GB"), (2**63, "9223.4 PB")],
)  # fmt: skip
def test_sizes_for_people(size, text):
    assert size_text(size) == text


def test_commands_can_be_pasted_or_are_not_shown():
    assert command("assay", "fix", "my model; rm -rf") == "assay fix 'my model; rm -rf'"
    assert command("assay", "fix", "~root") == "assay fix '~root'"
    assert command("assay", "fix", "a\nb") is None
    assert command("assay", "fix", "-rf") is None
    assert command("assay", "fix", "\u202ename") is None


def test_next_steps_fit_what_was_found():
    assert "assay explain SEC101 --trace ./llama-2-helper" in render("text", bad())
    assert "assay verify ./ledger-small" in render("text", clean())
    unsigned = {**clean(), "statement": None}
    assert "assay attest ./ledger-small" in render("text", unsigned)
    assert "attest" not in render("text", undecided())
    assert "--trace" not in render("text", told("a\nb"))
