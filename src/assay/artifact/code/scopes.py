"""Which name holds which value at a place in Python source: scopes within scopes, branches that come together again."""

from __future__ import annotations

from assay.artifact.budget import Budget
from assay.artifact.code.values import Value, join, passed_through

__all__ = ["Scope", "head"]


_COST = 16
"""Items that making a value anew costs, in a scope that many branches and tests may go through again and again."""


class Scope:
    """The names of one module, class or function. `self.x` and the like are names too."""

    def __init__(self, budget: Budget, parent: Scope | None = None, *, within: str = "", of_class: str = "") -> None:
        self._budget = budget
        self._parent = parent
        self.within = within
        """The qualified name of the function whose names these are; empty for a module."""
        self.of_class = of_class
        """The class whose body or method this is; empty for none."""
        self._values: dict[str, Value] = {}

    @property
    def shared(self) -> Scope:
        """The scope that holds `self.x` for all methods of a class; this one outside classes."""
        if self.of_class or self._parent is None:
            return self
        outer = self._parent.shared
        return outer if outer.of_class else self

    def get(self, name: str) -> Value | None:
        """Return what `name` holds here, in this scope or one around it."""
        value = self._values.get(name)
        return value if value is not None or self._parent is None else self._parent.get(name)

    def hold(self, name: str, value: Value) -> None:
        """Let `name` hold `value` from here on."""
        self._values[name] = value

    def fork(self) -> dict[str, Value]:
        """Return what all names hold now, to come back to by `restore`.

        Raises:
            BudgetError: more names were copied than the budget allows.
        """
        self._budget.take_items(len(self._values) // 16 + 1)
        return dict(self._values)

    def restore(self, state: dict[str, Value]) -> dict[str, Value]:
        """Go back to `state` and return what was held until now."""
        left, self._values = self._values, state
        return left

    def merge(self, other: dict[str, Value]) -> None:
        """Let each name hold what it does, or what it does in `other`."""
        if other is self._values:
            return
        self._budget.take_items(len(other) // 16 + 1)
        for name, value in other.items():
            mine = self._values.get(name)
            if mine is None:
                self._values[name] = value
            elif mine is not value:
                self._budget.take_items(_COST)
                self._values[name] = join((mine, value))

    def mark(self, heads: set[str], step: str) -> None:
        """Note that what comes from one of `heads` was looked at by the test `step`.

        Raises:
            BudgetError: more values were looked at than the budget allows.
        """
        self._budget.take_items(4 * len(self._values))
        for name, value in self._values.items():
            if any(head(origin) in heads for origin in value.origins):
                self._budget.take_items(_COST)
                marked = (
                    passed_through((origin,), step)[0] if head(origin) in heads else origin for origin in value.origins
                )
                self._values[name] = value._replace(origins=tuple(marked))


def head(origin: str) -> str:
    """Return where an origin begins: `param:x` of `param:x>str`."""
    return origin.partition(">")[0]
