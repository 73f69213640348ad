"""Licence texts: what they are in every dress, and what was added to them or taken away."""

from __future__ import annotations

import json
import re
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.licence_files import APACHE, MIT

from assay.canonical import canonical_json
from assay.licences import GRADES, compare, identify, known_text
from assay.licences.index import index

TEXTS = {"MIT": MIT.decode(), "Apache-2.0": APACHE.decode()}
FORMS = {
    "as it is": str,
    "in one line": lambda text: " ".join(text.split()),
    "a word a line": lambda text: "\n".join(text.split()),
    "at 50 columns": lambda text: textwrap.fill(text, 50),
    "C comment": lambda text: "/*\n" + "".join(f" * {line}\n" for line in text.splitlines()) + " */",
    "# comment": lambda text: "".join(f"# {line}\n" for line in text.splitlines()),
    "dnl comment": lambda text: "".join(f"dnl {line}\n" for line in text.splitlines()),
    "capitals": str.upper,
    "CRLF and BOM": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "curly quotes": lambda text: re.sub(r'"([^"]*)"', "“\\1”", text).replace("'", "’"),
    "guillemets": lambda text: re.sub(r'"([^"]*)"', "« \\1 »", text),
    "full width": lambda text: text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in ',;:()."'}),
    "Markdown": lambda text: "# Licence\n\n" + re.sub(r"(?m)^(\s*)([A-Z]\S+ \S+)", r"\1**\2**", text),
    "HTML": lambda text: (
        "<p>" + text.replace("&", "&amp;").replace('"', "&quot;").replace("\n\n", "</p>\n<p>") + "</p>"
    ),
    "British": lambda text: text.replace("License", "Licence").replace("sublicense", "sub-licence"),
    "other holders": lambda text: "Copyright (c) 2019-2024 Jane Doe\n© 2020 The Acme Authors.\n" + text,
    "tagged": lambda text: "SPDX-License-Identifier: MIT\n\n" + text,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TEXTS)
def test_dress_does_not_matter(name, form):
    found = identify(FORMS[form](TEXTS[name]))
    assert [(match.id, match.grade, match.differences) for match in found.matches] == [(name, "exact", ())]
    assert found.grade == "exact", found.around


def test_words_of_the_same_text_have_one_digest():
    digests = {identify(FORMS[form](TEXTS["MIT"])).digest for form in ("as it is", "in one line", "# comment")}
    assert len(digests) == 1


ADDED = (
    "The Model may not be used for commercial purposes.",
    "For academic use only.",
    "You agree not to use the Software for military purposes.",
    "Companies with annual revenue above 1,000,000 USD need another license.",
    "Outputs must not be used to train other models.",
    "The rights granted do not extend to persons in the European Union.",
)


@pytest.mark.parametrize("words", ADDED)
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_restriction_beside_the_text_is_seen(words, name, place):
    text = f"{words}\n\n{TEXTS[name]}" if place == "before" else f"{TEXTS[name]}\n\n{words}\n"
    found = identify(text)
    assert found.grade == "same+text"
    assert [match.grade for match in found.matches] == ["exact"]
    assert found.weighing
    assert found.around[0].line == (1 if place == "before" else len(TEXTS[name].splitlines()) + 3)


CHANGED = (
    ("free of charge, to any person", "free of charge for non-commercial use, to any person", True),
    (", sublicense, and/or sell copies", " copies", True),
    ("without restriction, including without limitation", "including", True),
    ("to any person obtaining", "to any natural person obtaining", True),
    ("ARISING FROM, OUT OF OR IN CONNECTION", "ARISING FROM OR IN CONNECTION", False),
)


@pytest.mark.parametrize(("old", "new", "weighs"), CHANGED)
def test_a_change_inside_is_shown_with_its_place(old, new, weighs):
    flat = " ".join(TEXTS["MIT"].split())
    assert old in flat
    found = identify(flat.replace(old, new))
    assert found.grade == "modified"
    assert found.main is not None
    assert found.main.id == "MIT"
    assert bool(found.weighing) == weighs
    said = found.main.differences[0]
    assert said.added or said.removed
    assert said.after


def test_every_word_of_a_grant_counts():
    """Zero tolerance: each word left out of the grant, one at a time, is seen."""
    words = " ".join(TEXTS["MIT"].split()).split(" ")
    first, last = words.index("Permission"), words.index("conditions:")
    for place in range(first, last):
        found = identify(" ".join(words[:place] + words[place + 1 :]))
        assert found.grade == "modified", words[place]


def test_two_licences_in_one_file_and_a_licence_in_a_readme():
    both = identify(f"{TEXTS['MIT']}\n\n----\n\n{TEXTS['Apache-2.0']}")
    assert ([match.id for match in both.matches], both.grade) == (["MIT", "Apache-2.0"], "exact")
    readme = identify(
        f"# Acme 7B\n\nA small model, see the paper.\n\n## License\n\n{TEXTS['MIT']}\n\n## Citation\n\nNone.\n"
    )
    assert ([match.grade for match in readme.matches], readme.grade) == (["exact"], "same+text")
    assert not readme.weighing


def test_a_cut_text_is_partial_and_a_notice_is_no_licence():
    cut = TEXTS["Apache-2.0"][: len(TEXTS["Apache-2.0"]) * 6 // 10]
    found = identify(cut)
    assert found.grade == "partial"
    assert found.main is not None
    assert found.main.id == "Apache-2.0"
    notice = TEXTS["Apache-2.0"][TEXTS["Apache-2.0"].index("   Licensed under the Apache License") :]
    said = identify(notice)
    assert [(match.id, match.kind) for match in said.matches] == [("Apache-2.0", "notice")]
    assert said.grade == "partial"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MIT",
        "See the LICENSE file.",
        "All rights reserved.",
        "The software is provided as is, without warranty of any kind. We are not liable for damages.",
        "import torch\n\nprint(torch.__version__)\n" * 40,
        "Terms of service. By using this site you agree to pay the fees on time. " * 20,
        "Le logiciel est fourni tel quel, sans garantie. Vous pouvez le copier et le distribuer. " * 5,
    ],
)
def test_other_texts_are_no_licence(text):
    assert (identify(text).grade, identify(text).matches) == ("none", ())


def test_ai_licences_are_told_apart():
    for name in ("llama3.1", "llama3.3", "gemma", "openrail++", "bigscience-openrail-m", "OpenMDW-1.0", "openmdw-1.1"):
        text = known_text(name)
        assert text is not None
        found = identify(text)
        assert found.main is not None
        assert name in found.main.ids, name
    ours, theirs = known_text("llama3.1"), known_text("llama3.3")
    assert ours is not None
    assert theirs is not None
    assert any(one.added == "3" and one.removed == "1" for one in compare(theirs, ours))


def test_compare_shows_both_sides():
    (one,) = compare("You may use, copy and change it.", "You may use and change it.")
    assert (one.added, one.removed, one.after, one.line) == ("copy", "", "you may use", 1)
    assert compare("Same  words.", "same words") == ()
    (other,) = compare("a b c", "x y z")
    assert (other.added, other.removed) == ("a b c", "x y z")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400) | st.lists(st.sampled_from(TEXTS["MIT"].split()), max_size=80).map(" ".join))
def test_any_text_has_an_answer(text):
    found = identify(text)
    assert found.grade in GRADES
    canonical_json(found.to_json())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 168), st.sampled_from(["not", "only", "never", "except", "noncommercial"]))
def test_no_word_slips_into_the_text(place, word):
    text = known_text("MIT")
    assert text is not None
    words = text.split()
    begin = words.index("permission")
    place = max(place, begin + 1)
    found = identify(" ".join([*words[:place], word, *words[place:]]))
    assert found.grade != "exact"


def test_the_index_holds_what_it_names():
    known = index()
    assert len(known.templates) > 800
    assert {"MIT", "Apache-2.0", "GPL-3.0-only", "llama2", "llama4", "gemma"} <= {one.id for one in known.templates}
    assert all(0 <= slot.start <= slot.end <= len(one) for one in known.templates for slot in one.slots)
    assert all(re.compile(slot.pattern) for one in known.templates for slot in one.slots)
    json.dumps([one.name for one in known.templates])
