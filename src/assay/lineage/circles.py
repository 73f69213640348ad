"""Puts a graph in order: sources first, and what names each other in a circle together (Tarjan, without recursion)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["circles"]


def circles(sources: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield every key once: alone, or with those in a circle with it, and after everything that it names.

    Names that are no keys are left out. Takes time in proportion to keys and names, whatever the depth.
    """
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    done: set[str] = set()
    for start in sources:
        if start in index:
            continue
        path = [(start, iter(sources[start]))]
        index[start] = lowest[start] = len(index)
        stack.append(start)
        while path:
            name, rest = path[-1]
            into = next((one for one in rest if one in sources and one not in done), None)
            if into is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == index[name]:
                    group = tuple(_popped(stack, name))
                    done.update(group)
                    yield group
            elif into in index:
                lowest[name] = min(lowest[name], index[into])
            else:
                index[into] = lowest[into] = len(index)
                stack.append(into)
                path.append((into, iter(sources[into])))


def _popped(stack: list[str], until: str) -> Iterator[str]:
    while True:
        name = stack.pop()
        yield name
        if name == until:
            return
