"""How many values a pickle stands for when all that it shares is written out."""

from __future__ import annotations

from itertools import islice

from assay.artifact.pickle.nodes import Call, DictNode, ListNode, Node, Persid, SetNode

__all__ = ["unfolded"]

_MOST = 200_000
"""Steps from container to container; where they do not suffice, nothing is said."""
_WIDEST = 16
"""Items of a container that count: long rows of the same object are ordinary, tall towers of them are not."""
_LEAST = 1 << 24
_TIMES = 1_000


def unfolded(node: Node) -> int | None:
    """Return how many values `node` stands for, at least; None when that is not far more than there are.

    Containers are counted as often as they are referred to, as whoever walks through the object meets them, and of
    each the first 16 items. Far more is 2**24, and a thousand times the number of containers.
    """
    counts: dict[int, int] = {}
    open_: set[int] = set()
    waiting: list[Node] = [node]
    for _ in range(_MOST):
        if not waiting:
            break
        one = waiting[-1]
        if id(one) in counts:
            waiting.pop()
            continue
        inner = _inner(one)
        if id(one) in open_:
            counts[id(one)] = 1 + sum(counts.get(id(child), 1) for child in inner)
            waiting.pop()
            continue
        open_.add(id(one))
        waiting += [child for child in inner if id(child) not in open_]
    total = counts.get(id(node), 0)
    return total if total >= max(_LEAST, _TIMES * len(counts)) else None


def _inner(node: Node) -> list[Node]:
    """Return the containers in a container."""
    found: list[Node]
    match node:
        case tuple():
            found = list(node[:_WIDEST])
        case ListNode(items=items) | SetNode(items=items):
            found = items[:_WIDEST]
        case DictNode(pairs=pairs):
            found = [part for pair in pairs[:_WIDEST] for part in pair]
        case Call(args=args, states=states):
            found = [args, *islice(states, _WIDEST)]
        case Persid(value=value):
            found = [value]
        case _:
            found = []
    return [child for child in found if isinstance(child, tuple | ListNode | SetNode | DictNode | Call)]
