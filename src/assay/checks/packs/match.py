"""The conditions of a rule pack: a small closed language over one observation, bounded in size and in steps.

    {"fact": "facts.calls.*.name", "equals": "os.system"}      one value at that place satisfies the operator
    {"some": "facts.calls.*", "where": CONDITION}              several conditions hold for one and the same thing
    {"all": [CONDITION, …]}   {"any": [CONDITION, …]}   {"not": CONDITION}

A place is keys joined by dots; `*` stands for every item of a list or value of an object. Operators compare texts as
they are, letter by letter: no pattern can take longer than its text is long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from assay.canonical import JSON
from assay.errors import BudgetError, RulesError

__all__ = ["Condition", "Steps", "parse_condition"]

_DEEPEST = 6
_PARTS = 32
_LONGEST = 500
_VALUES = 200
_PLACE = 12


class Steps:
    """How much may still be looked at: values, and 64 characters of text for each further one."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int = 1) -> None:
        """Spend `count`.

        Raises:
            BudgetError: fewer are left.
        """
        self.left -= count
        if self.left < 0:
            raise BudgetError("asks for more steps than a rule pack may take")


class Condition(Protocol):
    """Whether something is so of a JSON value."""

    def holds(self, value: JSON, steps: Steps) -> bool:
        """Say whether it is so of `value`.

        Raises:
            BudgetError: that would take more steps than are left.
        """
        ...


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST


def _is_list(value: JSON) -> bool:
    return isinstance(value, list) and 0 < len(value) <= _VALUES and all(map(_is_text, value))


def _is_scalar(value: JSON) -> bool:
    return value is None or isinstance(value, bool | int) or _is_text(value)


def _length(value: JSON) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _text(test: Callable[[str, str], bool]) -> Callable[[JSON, JSON], bool]:
    return lambda value, wanted: isinstance(value, str) and test(value, wanted)


def _number(test: Callable[[int, int], bool]) -> Callable[[JSON, JSON], bool]:
    return lambda value, wanted: type(value) is int and test(value, wanted)


_OPERATORS: dict[str, tuple[Callable[[JSON], bool], Callable[[JSON, JSON], bool]]] = {
    "equals": (
        _is_scalar,
        lambda value, wanted: type(value) is type(wanted) and value == wanted,
    ),
    "in": (_is_list, lambda value, wanted: isinstance(value, str) and value in wanted),
    "contains": (_is_text, _text(lambda value, wanted: wanted in value)),
    "contains_any": (
        _is_list,
        _text(lambda value, wanted: any(one in value for one in wanted)),
    ),
    "begins": (_is_text, _text(lambda value, wanted: value.startswith(wanted))),
    "ends": (_is_text, _text(lambda value, wanted: value.endswith(wanted))),
    "at_least": (lambda wanted: type(wanted) is int, _number(lambda value, wanted: value >= wanted)),
    "at_most": (lambda wanted: type(wanted) is int, _number(lambda value, wanted: value <= wanted)),
    "longer": (lambda wanted: type(wanted) is int, lambda value, wanted: _length(value) > wanted),
    "exists": (lambda wanted: wanted is True, lambda _value, _wanted: True),
}
"""By name: whether an operand is one of its kind, and whether a value satisfies it."""


class _Fact(NamedTuple):
    place: tuple[str, ...]
    operator: str
    operand: JSON

    def holds(self, value: JSON, steps: Steps) -> bool:
        test = _OPERATORS[self.operator][1]
        many = len(self.operand) if isinstance(self.operand, tuple) else 1
        for one in _reached(value, self.place, steps):
            steps.take(many * (1 + (len(one) // 64 if isinstance(one, str) else 0)))
            if test(one, self.operand):
                return True
        return False


class _Some(NamedTuple):
    place: tuple[str, ...]
    where: Condition

    def holds(self, value: JSON, steps: Steps) -> bool:
        return any(self.where.holds(one, steps) for one in _reached(value, self.place, steps))


class _Not(NamedTuple):
    inner: Condition

    def holds(self, value: JSON, steps: Steps) -> bool:
        return not self.inner.holds(value, steps)


class _Many(NamedTuple):
    every: bool
    inner: tuple[Condition, ...]

    def holds(self, value: JSON, steps: Steps) -> bool:
        return (all if self.every else any)(one.holds(value, steps) for one in self.inner)


def parse_condition(written: JSON, place: str) -> Condition:
    """Return the condition that a pack writes at `place`.

    Raises:
        RulesError: it is none, has an unknown operator or an operand of the wrong kind, or goes over a limit.
    """
    return _parse(written, place, 1, [_PARTS])


def _parse(written: JSON, place: str, depth: int, left: list[int]) -> Condition:
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        raise RulesError(f"{place}: a rule has at most {_PARTS} conditions, nested {_DEEPEST} deep")
    if not isinstance(written, dict):
        raise RulesError(f"{place}: expected a condition")
    keys = set(written)
    if keys in ({"all"}, {"any"}):
        (name,) = keys
        if not isinstance(written[name], list) or not written[name]:
            raise RulesError(f"{place}.{name}: expected a list of conditions")
        parts = [_parse(one, f"{place}.{name}[{at}]", depth + 1, left) for at, one in enumerate(written[name])]
        return _Many(name == "all", tuple(parts))
    if keys == {"not"}:
        return _Not(_parse(written["not"], f"{place}.not", depth + 1, left))
    if keys == {"some", "where"}:
        where = _parse(written["where"], f"{place}.where", depth + 1, left)
        return _Some(_place(written["some"], f"{place}.some"), where)
    operators = keys - {"fact"}
    if len(operators) != 1 or "fact" not in keys or not operators <= _OPERATORS.keys():
        raise RulesError(
            f"{place}: expected all, any, not, some with where, or fact with one operator",
            hint=f"Operators: {', '.join(sorted(_OPERATORS))}.",
        )
    (operator,) = operators
    operand = written[operator]
    if not _OPERATORS[operator][0](operand):
        raise RulesError(f"{place}.{operator}: the operand is not of its kind, or longer than {_LONGEST} characters")
    kept = tuple(operand) if isinstance(operand, list) else operand
    return _Fact(_place(written["fact"], f"{place}.fact"), operator, kept)


def _place(written: JSON, place: str) -> tuple[str, ...]:
    parts = tuple(written.split(".")) if isinstance(written, str) and len(written) <= _LONGEST else ()
    if not 0 < len(parts) <= _PLACE or not all(parts):
        raise RulesError(f"{place}: expected up to {_PLACE} keys joined by dots")
    return parts


def _reached(value: JSON, place: tuple[str, ...], steps: Steps) -> Iterator[JSON]:
    """Yield what stands at `place` in `value`."""
    steps.take()
    if not place:
        yield value
        return
    key, *rest = place
    if key == "*":
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        for one in inner:
            yield from _reached(one, tuple(rest), steps)
    elif isinstance(value, dict) and key in value:
        yield from _reached(value[key], tuple(rest), steps)
    elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        yield from _reached(value[int(key)], tuple(rest), steps)
