from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from importlib import resources
from itertools import pairwise

import pytest
from tests.reports.samples import SAMPLES, bad, clean, file, finding, scan, undecided

from assay.reports import render

CSS = (resources.files("assay.reports.formats") / "html.css").read_text("utf-8")
VOID = {"meta"}


def page(made):
    return render("html", made)


def many(files=0, findings=0):
    found = [finding(f"SEC{n}-x", "secure", "high", f"message {n}", file=f"f{n}") for n in range(findings)]
    listed = [file(f"folder/file-{n}.json", n, "json") for n in range(files)]
    return scan("x", listed, found, {}, clean()["verdict"])


@pytest.mark.parametrize("name", SAMPLES)
def test_it_stands_alone(name):
    text = page(SAMPLES[name]())
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert not re.search(r"<(script|link|img|iframe|object|form|a|svg|base)\b", text)
    assert not re.search(r"\s(src|href|style|on\w+)=\"", text)
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("name", SAMPLES)
def test_every_tag_is_closed_and_headings_are_in_order(name):
    text = page(SAMPLES[name]())
    body = re.sub(r"<style>.*?</style>|<!doctype html>", "", text, flags=re.DOTALL)
    stack = []
    for closing, tag in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", body):
        if closing:
            assert stack.pop() == tag
        elif tag not in VOID:
            stack.append(tag)
    assert stack == []
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_five_axis_cards_each_with_mark_word_and_reason():
    cards = re.findall(r'<div class="axis (\w+)"><h3>(\w+)</h3>(.*?)</div>', page(bad()))
    assert [title for _, title, _ in cards] == ["Secure", "Open", "Portable", "Evaluated", "Provenance"]
    for outcome, _, rest in cards:
        sign = {"pass": "✓", "fail": "✗", "unknown": "?"}[outcome]
        assert f'<span class="mark" aria-hidden="true">{sign}</span> <span class="word">{outcome}</span>' in rest
        assert rest.count("<p>") == 2


def test_who_says_so_and_how_to_check_stand_on_the_page():
    text = page(clean())
    made = clean()
    for fact in (made["artifact"]["dirhash"], made["statement"]["digest"], made["statement"]["keyid"], "assay 0.1.0"):
        assert fact in text
    assert "assay verify ./ledger-small" in text
    assert "nobody yet" in page(bad())
    assert "4f2c" * 10 in page(undecided())
    assert "not isolated" in page(undecided())
    assert "assay verify PATH" in page({**bad(), "artifact": {**bad()["artifact"], "name": "a\x1bb"}})


def test_many_files_are_folded_and_a_great_many_are_cut():
    assert "<details>" not in page(many(files=50))
    folded = page(many(files=51))
    assert "<details><summary>51 files" in folded
    text = page(many(files=5_000))
    assert "the first 500 are listed" in text
    assert text.count("folder/file-") == 500


def test_it_is_small():
    assert len(gzip.compress(page(bad()).encode())) < 6_000
    assert len(gzip.compress(page(many(files=5_000, findings=5_000)).encode())) < 50_000


def test_many_findings_are_cut_and_counted():
    assert "and 50 more; all of them in the JSON report" in page(many(findings=250))


def tokens(block):
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark():
    light, dark = (tokens(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
    for theme in (light, dark):
        for ink in ("ink", "soft", "pass", "fail", "unknown"):
            for ground in ("paper", "tint"):
                bright, dim = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)
