"""Declared licences: identifiers, spellings, expressions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.licences import parse

WRITTEN = {
    "MIT": "MIT",
    "mit license": "MIT",
    "The MIT Licence": "MIT",
    "Apache 2.0": "Apache-2.0",
    "apache-2.0 or mit": "Apache-2.0 OR MIT",
    "MIT/Apache-2.0": "MIT OR Apache-2.0",
    "mit, cc-by-4.0": "MIT AND CC-BY-4.0",
    "MIT AND ISC OR 0BSD": "(MIT AND ISC) OR 0BSD",
    "MIT AND (ISC OR 0BSD)": "MIT AND (ISC OR 0BSD)",
    "((MIT))": "MIT",
    "GPL v2 or later": "GPL-2.0-or-later",
    "gplv3+": "GPL-3.0-or-later",
    "LGPL 2.1 only": "LGPL-2.1-only",
    "agpl-3.0": "AGPL-3.0",
    "GPL-2.0-only WITH Classpath-exception-2.0": "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-Acme OR MIT": "LicenseRef-Acme OR MIT",
    "llama 2 community license": "llama2",
}


@pytest.mark.parametrize(("written", "meant"), WRITTEN.items())
def test_spellings_come_to_one_form(written, meant):
    found = parse(written)
    assert str(found) == meant
    assert str(parse(meant)) == meant


@pytest.mark.parametrize("written", ["", "  ", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT) OR (ISC", "and", "x" * 600])
def test_what_is_not_well_formed_is_none(written):
    assert parse(written) is None


def test_unknown_names_are_kept_and_said():
    found = parse("MIT OR Acme Model Terms")
    assert found is not None
    assert [(one.id, one.known) for one in found.leaves()] == [("MIT", True), ("Acme Model Terms", False)]


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*"()/,+", "MIT", "ISC", "and", "or", "with", "GPL"]), max_size=30).map(" ".join)
)
def test_any_value_has_an_answer(value):
    found = parse(value)
    assert found is None or str(parse(str(found))) == str(found)
