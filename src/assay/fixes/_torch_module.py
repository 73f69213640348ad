"""A whole `torch.nn.Module` in a pickle, taken apart by the names that its `state_dict` would have."""

from __future__ import annotations

from collections.abc import Callable

from assay.artifact.pickle.nodes import Call, ListNode, Node, SetNode

__all__ = ["module_members"]

Pairs = list[tuple[Node, Node]]
_PARTS = ("_parameters", "_buffers", "_modules")


def module_members(node: Node, pairs_of: Callable[[Node], Pairs | None]) -> Pairs | None:
    """Return parameters, lasting buffers, modules and public attributes of a module; None when `node` is none.

    `pairs_of` takes a dictionary apart.
    """
    if not isinstance(node, Call) or not node.states:
        return None
    given = pairs_of(node.states[-1])
    if given is None:
        return None
    state = {key: value for key, value in given if isinstance(key, str)}
    if not {"_parameters", "_modules"} <= state.keys():
        return None
    passing = _names(state.get("_non_persistent_buffers_set"))
    members: Pairs = []
    for part in _PARTS:
        named = pairs_of(state.get(part)) or []
        members += [
            (key, value)
            for key, value in dict(named).items()
            if value is not None and not (part == "_buffers" and key in passing)
        ]
    taken = {key for key, _ in members}
    members += [(key, value) for key, value in state.items() if not key.startswith("_") and key not in taken]
    return members


def _names(node: Node) -> set[Node]:
    if isinstance(node, Call) and isinstance(node.args, tuple) and node.args:
        node = node.args[0]
    return {item for item in node.items if isinstance(item, str)} if isinstance(node, SetNode | ListNode) else set()
