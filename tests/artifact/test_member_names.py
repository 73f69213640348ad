"""Names that one file system holds as one, and names whose marks would take long to bring into order."""

from assay.artifact.member_names import folded, oddly_named


def test_case_and_form_do_not_count():
    assert folded("A/\u00e9.PKL") == folded("a/e\u0301.pkl")
    assert folded("data.pkl") == "data.pkl"


def test_a_part_longer_than_file_systems_take_keeps_its_form():
    pile = "a" + "\u0315\u0300" * 200_000
    assert folded(f"B/{pile}") == f"b/{pile}"


def test_characters_that_hide_a_part_are_odd():
    assert oddly_named("a\nb")
    assert oddly_named("a\u202eb")
    assert not oddly_named("a\u200db \u00e9")
