"""Cards: front matter through the YAML parser, headings, words and links."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.card import read as read_card
from assay.canonical import canonical_json
from assay.errors import BudgetError, ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"
CARD = """---
license: apache-2.0
base_model:
- org/base
model-index:
- name: m
  results:
  - task: {type: text-generation}
    dataset: {name: MMLU, type: mmlu}
    metrics:
    - {type: acc, value: 0.51}
---

# A model #

Trained on [data](https://example.org/a_(b)) and <https://example.org/c>.
See https://example.org/d, or [this file](LICENSE "title").

Use
---

```python
# not a heading
```
[ref]: https://example.org/e
"""


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_card(BytesBlob(data), Budget(**limits), path="README.md", depth=0)
    canonical_json(observation.to_json())
    return observation


def codes(observation):
    return [problem.code for problem in observation.problems]


@pytest.mark.parametrize("text", [CARD, CARD.replace("\n", "\r\n"), "\ufeff" + CARD, "\n\n" + CARD])
def test_a_card(text):
    seen = read(text)
    assert seen.complete
    assert seen.problems == ()
    front = seen.facts["front_matter"]
    assert (front["license"], front["base_model"]) == ("apache-2.0", ["org/base"])
    assert front["model-index"][0]["results"][0]["metrics"] == [{"type": "acc", "value": "0.51"}]
    assert seen.facts["headings"] == [[1, "A model"], [2, "Use"]]
    assert seen.facts["links"] == [
        "https://example.org/a_(b)",
        "https://example.org/c",
        "https://example.org/d",
        "LICENSE",
        "https://example.org/e",
    ]
    assert seen.facts["words"] == 25
    assert seen.facts["secrets"] == []


def test_a_card_without_front_matter():
    seen = read("# Title\n\n---\nlicense: mit\n---\n")
    assert seen.problems == ()
    assert seen.facts["front_matter"] is None


@pytest.mark.parametrize(
    ("front", "code", "kept"),
    [
        ("a: [", "front-matter-malformed", None),
        ("- a\n- b", "front-matter-no-mapping", None),
        ("a: 1\na: 2", "duplicate-key", {"a": 2}),
        ("a: !!python/name:os.system", "front-matter-tag", {"a": ""}),
        ("a: '" + "x" * 5000 + "'", "front-matter-pruned", {"a": "x" * 4000}),
    ],
)
def test_broken_front_matter_is_a_problem_of_a_card_that_was_read(front, code, kept):
    seen = read(f"---\n{front}\n---\n# T\n")
    assert seen.complete
    assert codes(seen) == [code]
    assert seen.facts["front_matter"] == kept
    assert seen.facts["headings"] == [[1, "T"]]


def test_front_matter_that_never_ends():
    seen = read("---\nlicense: mit\n")
    assert seen.complete
    assert codes(seen) == ["front-matter-open"]


def test_empty_front_matter_is_empty():
    assert read("---\n---\n").facts["front_matter"] == {}
    assert read("---\n# nothing\n---\n").facts["front_matter"] == {}


def test_lines_are_those_of_the_file():
    assert "(line 3)" in read("---\na: 1\nb: !x 1\n---\n").problems[0].message
    assert "line 4" in read("\n---\na: 1\n]\n---\n").problems[0].message


@pytest.mark.parametrize("front", ["[" * 5000, "a: " + "x" * 300_000])
def test_front_matter_beyond_the_limits_is_incomplete(front):
    seen = read(f"---\n{front}\n---\n")
    assert not seen.complete
    assert codes(seen) == ["over-budget"]


def test_fences_close_only_by_their_own_kind():
    text = "````\n```\n# a\n````\n# b\n~~~ py\n# c\n```\n~~~\n## d ##\n#no\n####### no\n"
    assert read(text).facts["headings"] == [[1, "b"], [2, "d"]]


def test_at_most_200_links():
    assert len(read("".join(f"https://example.org/{i}\n" for i in range(500))).facts["links"]) == 200


def test_an_old_encoding_is_guessed_and_said():
    assert codes(read("# Modèle\n".encode("latin-1"))) == ["not-utf-8"]


def test_secrets_are_told_and_not_repeated():
    seen = read(f"---\nx: {FAKE}\n---\n# {FAKE}\n[a](https://example.org/{FAKE})\n")
    assert [secret["line"] for secret in seen.facts["secrets"]] == [2, 4, 5]
    assert FAKE not in str(seen.to_json())


def test_limits():
    with pytest.raises(BudgetError):
        read(b" " * (8 * 1024 * 1024 + 1))
    with pytest.raises(BudgetError):
        read("# a\n", facts=10)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_mutated_cards(data):
    text = bytearray(CARD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert read(bytes(text)) == read(bytes(text))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        read(b"---\n" + data, bytes=limit, items=limit, facts=limit)


def test_the_section_on_the_licence_is_kept():
    text = "# Acme\n\n## Use\n\nUse it.\n\n## License\n\nMIT\n\n### Text\n\n```\n# Permission\n```\n\n## Other\n\nNo.\n"
    assert read(text).facts["licence_section"] == "MIT\n\n\n```\n# Permission\n```"
    assert read("# Acme\n\nNothing.\n").facts["licence_section"] == ""
