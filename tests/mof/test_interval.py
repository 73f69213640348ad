"""What is proven never reaches further than what is possible, and knowing more never widens the interval."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.mof import Presence, Seen, components, evaluate, interval, listed, read_mof, write_mof

RANK = {0: 0, 3: 1, 2: 2, 1: 3}
NAMES = [one.name for one in components()]
LICENCES = ["Apache-2.0", "CC-BY-4.0", "CC-BY-NC-4.0", "unlicensed", None]
seen = st.builds(Seen, st.sampled_from(NAMES), st.sampled_from(list(Presence)), st.sampled_from(LICENCES))


def everything(licence="MIT"):
    return {name: Seen(name, Presence.PRESENT, licence) for name in NAMES}


def test_of_nothing_anything_is_possible_and_nothing_proven():
    found = interval([])
    assert found.text == "unclassified to class I"
    assert found.next_level == 3
    assert len(found.wanting(3)) == 6


def test_all_there_and_open_is_class_one():
    found = interval(everything().values())
    assert (found.text, found.next_level, found.wanting(1)) == ("class I", None, ())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Seen("Model card", Presence.ABSENT), "unclassified"),
        (Seen("Model card", Presence.UNKNOWN), "unclassified to class I"),
        (Seen("Model card", Presence.PRESENT), "unclassified to class I"),
        (Seen("Model card", Presence.PRESENT, "CC-BY-NC-4.0"), "unclassified"),
        (Seen("Model card", Presence.UNKNOWN, "CC-BY-NC-4.0"), "unclassified"),
        (Seen("Datasets", Presence.ABSENT), "class II"),
        (Seen("Training code", Presence.UNKNOWN), "class III to class I"),
        (Seen("Technical report", Presence.ABSENT), "class I"),
    ],
)
def test_one_component_less(change, text):
    assert interval((everything() | {change.name: change}).values()).text == text


def test_what_is_wanting_spares_the_report_where_the_paper_is_there():
    few = everything() | {name: Seen(name, Presence.ABSENT) for name in ("Technical report", "Data card")}
    assert interval(few.values()).wanting(3) == ("Data card",)


@settings(max_examples=100, deadline=None)
@given(st.lists(seen, max_size=17, unique_by=lambda one: one.name), st.data())
def test_proven_lies_below_possible_and_an_answer_only_narrows(those, data):
    before = interval(those)
    assert RANK[before.proven.reached] <= RANK[before.possible.reached]
    unknown = [one.name for one in before.seen if one.presence is Presence.UNKNOWN and one.licence is None]
    if unknown:
        name = data.draw(st.sampled_from(unknown))
        answer = Seen(name, data.draw(st.sampled_from([Presence.PRESENT, Presence.ABSENT])), "Apache-2.0")
        after = interval([*(one for one in those if one.name != name), answer])
        assert RANK[before.proven.reached] <= RANK[after.proven.reached]
        assert RANK[after.possible.reached] <= RANK[before.possible.reached]


def test_what_was_seen_is_json():
    one = Seen("Datasets", Presence.ABSENT, reason="none named")
    assert one.to_json() == {"name": "Datasets", "presence": "absent", "licence": None, "evidence": None,
                             "reason": "none named"}  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(seen, max_size=17, unique_by=lambda one: one.name))
def test_what_is_exported_has_the_proven_class_by_the_official_rule(those):
    file = read_mof(write_mof({"name": "x"}, listed(those)))
    assert file.problems == ()
    assert evaluate(file.to_release()) == interval(those).proven
