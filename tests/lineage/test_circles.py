"""Order of a graph: sources first, circles together, any depth."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.lineage.circles import circles


def test_sources_come_first_and_circles_together():
    found = list(circles({"c": ["b"], "b": ["a", "d"], "d": ["b"], "a": ["gone"], "e": ["e"]}))
    assert [set(group) for group in found] == [{"a"}, {"b", "d"}, {"c"}, {"e"}]


def test_a_chain_of_fifty_thousand_needs_no_recursion():
    chain = {number: [number + 1] for number in range(50_000)}
    assert [group[0] for group in circles(chain)] == list(range(49_999, -1, -1))


graphs = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 11), max_size=4), max_size=10)


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_every_key_once_and_after_what_it_names(graph):
    groups = list(circles(graph))
    assert sorted(name for group in groups for name in group) == sorted(graph)
    place = {name: number for number, group in enumerate(groups) for name in group}
    for name, named in graph.items():
        for one in named:
            assert one not in graph or place[one] <= place[name]
    for group in groups:
        for name in group if len(group) > 1 else ():
            reached, waiting = set(), [name]
            while waiting:
                for one in graph[waiting.pop()]:
                    if one in graph and one not in reached:
                        reached.add(one)
                        waiting.append(one)
            assert set(group) <= reached
