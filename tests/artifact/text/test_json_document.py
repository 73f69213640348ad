"""What JSON may cost is known before it is parsed: values, depth and memory."""

import pytest

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json, parse_value
from assay.errors import BudgetError, ReadError


@pytest.mark.parametrize("parse", [parse_json, parse_value])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[" * 300 + "]" * 300, "deeper"),
        ('{"a":' * 300 + "1" + "}" * 300, "deeper"),
        ("[" + "{}," * 3_000_000 + "{}]", "memory"),
        ("{" + ",".join(f'"{n}":0' for n in range(1_200_000)) + "}", "memory"),
        ("[" + "1," * 2_000_000 + "1]", "items"),
    ],
)
def test_what_would_cost_too_much_is_not_parsed(parse, text, what):
    with pytest.raises(BudgetError, match=what):
        parse(text, Budget(items=6_000_000 if "memory" in what else 1_500_000))


def test_brackets_in_texts_are_not_counted():
    text = '["' + "[{," * 900_000 + '", "' + '\\"[' * 900_000 + '"]'
    assert len(parse_json(text, Budget()).value) == 2


def test_a_text_longer_than_a_window_is_stepped_over():
    deep = "[" * 201
    with pytest.raises(BudgetError):
        parse_json('["' + "x[" * 1_500_000 + '",' + deep, Budget())


def test_a_value_alone_is_the_same_value():
    text = '{"a": [1, 2.50, NaN, 123456789012345678901234567890, "x"], "a": null}'
    assert parse_value(text, Budget()) == parse_json(text, Budget()).value
    with pytest.raises(ReadError):
        parse_value("{", Budget())
