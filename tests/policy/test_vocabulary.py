"""The vocabulary, the facts of a dossier and the page agree."""

import re
from pathlib import Path

import pytest

from assay.policy import parse_policy
from assay.policy.vocabulary import GROUPS, LISTS

PAGE = (Path(__file__).parents[2] / "docs/reference/policy.md").read_text("utf-8")
PYTHON = {"bool": bool, "int": int, "double": float, "string": str, "list(string)": list}


def names():
    yield from (f"{group}.{name}" for group, facts in GROUPS.items() for name in facts)
    yield from LISTS
    yield from (f"{name}[].{key}" for name, keys in LISTS.items() for key in keys)


@pytest.mark.parametrize("name", sorted(names()))
def test_every_fact_stands_on_the_page(name):
    assert f"| `{name}` |" in PAGE


def test_the_example_on_the_page_is_a_policy():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(parse_policy(example.encode(), "policy.md").rules) == 4


def test_a_dossier_states_what_the_vocabulary_promises_and_nothing_else(make):
    parent = {"name": "p", "licence": make.LLAMA | {"revenue_cap": "free below 1,000,000 USD a year"}}
    facts = make.dossier(parents=[parent], result=True, signer="k").facts
    assert set(facts) == {*GROUPS, *LISTS}
    for group, kinds in GROUPS.items():
        assert set(facts[group]) == set(kinds)
        assert all(type(facts[group][name]) is PYTHON[kind.cel] for name, kind in kinds.items())
    for name, kinds in LISTS.items():
        for item in facts[name] if kinds else []:
            assert all(type(item[key]) is PYTHON[kind.cel] for key, kind in kinds.items())
