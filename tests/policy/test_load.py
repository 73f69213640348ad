"""Policies from YAML: strict, bounded, every fault with its line."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import PolicyError
from assay.policy import load_policy, parse_policy, shipped

RULE = "  - name: a\n    when: secure.ok\n    say: It must be safe.\n"


def refused(text):
    with pytest.raises(PolicyError) as caught:
        parse_policy(text if isinstance(text, bytes) else text.encode(), "p.yaml")
    return str(caught.value)


def test_a_policy_keeps_its_rules_in_order_deny_first():
    found = parse_policy(
        f"name: n\nabout: why\nrequire:\n{RULE}deny:\n{RULE.replace('name: a', 'name: b')}".encode(), "p"
    )
    assert (found.name, found.about) == ("n", "why")
    assert [(rule.kind.value, rule.name) for rule in found.rules] == [("deny", "b"), ("require", "a")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.yaml: the file is empty"),
        ("name: n", "no rules"),
        (f"require:\n{RULE}", "p.yaml, line 1: the key 'name' is missing"),
        (f"name: n\nrequires:\n{RULE}", "p.yaml, line 2: unknown key 'requires'"),
        (f"name: n\nname: m\nrequire:\n{RULE}", "p.yaml, line 2: the key 'name' stands here twice"),
        (f"name: n\nrequire:\n{RULE}{RULE}", "two rules are called 'a'"),
        ("name: n\nrequire:\n  a: b", "'require' is a list of rules"),
        ("name: n\nrequire:\n  - a", "line 3: expected keys and values"),
        ("name: n\nrequire:\n  - name: a\n    when: secure.ok", "line 3: the key 'say' is missing"),
        ("name: n\nrequire:\n  - name: a\n    when: secure.okay\n    say: x",
         "p.yaml, line 4: rule 'a': no dossier has the fact 'secure.okay'"),
        ("name: n\nrequire:\n  - name: a\n    when: [secure.ok]\n    say: x", "line 4: expected a text"),
        ("name: [n", "line 1"),
        (f"name: &n n\nrequire:\n{RULE}", "line 1: anchors"),
        (f"name: !!python/name:os.system n\nrequire:\n{RULE}", "line 1: tags"),
        (f"name: n\n---\nname: m\nrequire:\n{RULE}", "p.yaml"),
        ("name: n\nrequire: " + "[" * 3000, "deeper"),
        ("name: " + "n" * 501 + f"\nrequire:\n{RULE}", "longer than 500"),
        (b"\xff\xfe\xff", "not UTF-8"),
        (b"#" * 70_000, "at most 65536 bytes"),
        ("name: n\x00", "p.yaml"),
        ("name: n\nrequire:\n" + "".join(RULE.replace("name: a", f"name: a{i}") for i in range(101)), "more than 100"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text, message):
    assert message in refused(text)


def test_shipped_policies_load_by_name_and_others_by_path(tmp_path):
    assert shipped() == ("commercial", "default")
    assert [load_policy(name).name for name in shipped()] == ["commercial", "default"]
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nrequire:\n{RULE}", "utf-8")
    assert load_policy(str(path)).name == "mine"


@pytest.mark.parametrize("name", ["nowhere.yaml", "nul\0", "."])
def test_a_policy_that_is_not_there_names_those_that_are(name):
    with pytest.raises(PolicyError) as caught:
        load_policy(name)
    assert "commercial, default" in caught.value.hint()


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60) | st.lists(st.sampled_from(
    ["name: n\n", "deny:\n", "  - ", "when: secure.ok\n", "say: x\n", "    ", "&a ", "*a", "!t ", "[", "{", "? ", ": ",
     "|\n", "%YAML 1.1\n", "---\n", "'", "\t"]), max_size=15).map(lambda parts: "".join(parts).encode()))  # fmt: skip
def test_any_bytes_are_a_policy_or_a_policy_error(data):
    with suppress(PolicyError):
        assert parse_policy(data, "p.yaml").rules
