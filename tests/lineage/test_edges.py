"""Conflicts stand on the edge where they arise."""

from __future__ import annotations

import pytest

from assay.checks.licences import licence
from assay.lineage import Edge, Node, conflicts_above, merge_clashes


def model(slug, *parents, relation="finetune"):
    return Node(licence(slug).to_fact() if slug else None, tuple(Edge(name, relation) for name in parents))


NODES = {
    "meta/llama": model("llama2"),
    "a/washed": model("mit", "meta/llama"),
    "b/heir": model("mit", "a/washed"),
    "c/lost": model("mit", "gone/away", "b/heir"),
    "x": model("mit", "y"),
    "y": model("mit", "x"),
    "gpl": model("gpl-3.0"),
    "merge": model("gpl-3.0", "gpl", "meta/llama", relation="merge"),
    "taught": model("gpl-3.0", "gpl", "meta/llama", relation="distillation"),
}


def told(name):
    return [(one.child, one.edge.parent, one.conflict.rule) for one in conflicts_above(name, NODES)
            if one.conflict.rule != "L9"]  # fmt: skip


def test_an_heir_is_not_blamed_for_what_was_washed_above_it():
    assert told("b/heir") == [("a/washed", "meta/llama", "L1")]


def test_the_nearest_come_first_and_who_is_not_there_is_unresolved():
    assert told("c/lost") == [("c/lost", "gone/away", "L7"), ("a/washed", "meta/llama", "L1")]


def test_the_clause_and_the_way_out_are_named():
    one = next(conflicts_above("a/washed", NODES)).conflict
    assert one.restriction.clause.where == "section 1(b)(iv)"
    assert one.change.startswith("Declare `license: llama2`")


def test_a_circle_ends_and_an_unknown_name_is_a_key_error():
    assert told("x") == []
    with pytest.raises(KeyError):
        next(conflicts_above("nobody", NODES))


def test_merges_clash_where_weights_are_held():
    [one] = merge_clashes("merge", NODES)
    assert {one.first, one.second} == {"gpl", "meta/llama"}
    assert merge_clashes("taught", NODES) == ()
