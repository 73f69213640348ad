"""Long runs of plain values are cut before they are parsed, and nothing else is."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.text import json_runs
from assay.artifact.text.documents import prune
from assay.artifact.text.json_runs import cut_runs

PLAIN = st.one_of(st.integers(), st.booleans(), st.none(), st.text(max_size=9), st.floats(allow_nan=False))
VALUE = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=3), inner, max_size=9)
)


def written(value):
    return json.dumps(value).encode().ljust(1 << 20)


def test_a_tokenizer_becomes_short_and_keeps_what_is_written_down():
    model = {"vocab": {f"t{n}": n for n in range(90_000)}, "merges": [[f"a{n}", "b"] for n in range(90_000)]}
    document = {"added": [{"id": n, "content": "{"} for n in range(2000)], "model": model, "texts": ["a b"] * 5000}
    short = cut_runs(written(document))
    assert len(short) < 0.6 * len(json.dumps(document))
    parsed = json.loads(short)
    assert prune(parsed) == prune(document)
    assert parsed["added"] == document["added"]
    assert list(parsed) == ["added", "model", "texts"]


def test_short_texts_and_trees_stay_as_they_are():
    for data in (b"[" + b"1," * 5000 + b"1]", written({"left_children": [1] * 200_000})):
        assert cut_runs(data) is data


def test_objects_in_a_list_and_keys_with_texts_stay():
    document = {"weight_map": {f"k{n}": "model.safetensors" for n in range(60_000)}, "layers": [{"a": 1}] * 9000}
    assert json.loads(cut_runs(written(document))) == document


def test_brackets_and_quotes_in_texts_begin_nothing():
    text = '["{\\"' + '", ":1,' * 100_000
    document = {"a": [text, "[1,1,1", "\\"], "b": [1] * 20_000, '"': {"x": "]"}}
    parsed = json.loads(cut_runs(written(document)))
    assert parsed == {**document, "b": [1] * len(parsed["b"])}
    assert len(parsed["b"]) == 1001


@settings(max_examples=30, deadline=None)
@given(VALUE, st.integers(0, 30))
def test_any_document_is_kept_but_for_its_long_runs(value, length):
    document = {"before": value, "run": [length] * 1500, "after": [value]}
    kept = {**document, "run": [length] * 1001}
    assert json.loads(cut_runs(written(document))) == kept


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_whatever_the_bytes_something_comes_out(data):
    least, json_runs._LEAST = json_runs._LEAST, 0
    try:
        assert len(cut_runs(data)) <= len(data)
    finally:
        json_runs._LEAST = least
