"""Functions that picklers write as code: whether all of it says to be a copy of what a known library defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.canonical import JSON
from assay.checks.callables import is_code
from assay.rules import load

__all__ = ["copied_from"]

_IMPORTS = frozenset({"subimport", "dynamic_subimport"})
_AROUND_CODE = frozenset(
    {"_builtin_type", "_cell_set", "_fill_function", "_function_setstate", "_make_cell", "_make_empty_cell",
     "_make_function", "_make_skel_func"}
)  # fmt: skip
"""What cloudpickle calls to make a function of a code object; names in its arguments are weighed by themselves."""


def copied_from(facts: dict[str, JSON]) -> str | None:
    """Return the library of which a pickle carries copies of functions; None when it carries none or other code too.

    An owner may say which `names` its code uses, and then none may stand beside them; one without `global` needs no
    object of the library beside the code. A file can say so of any code: this is no reason to pass it, only not to
    fail what the library always writes. Code whose names reach a process, files or the network is not taken for a copy.
    """
    rules = load("pickle_callables")
    code = [call for call in facts["calls"] if is_code(str(call["callable"]))]
    for owner in rules["code_owners"]:
        words = frozenset(rules["code_names"])
        here = "global" not in owner or owner["global"] in facts["globals"]
        if code and here and all(_is_copy(call, owner, words) for call in code):
            return str(owner["place"]).strip("/")
    return None


def _is_copy(call: dict[str, JSON], owner: dict[str, Any], words: frozenset[str]) -> bool:
    name = str(call["callable"]).rpartition(".")[2]
    arguments = call["args"]
    if not isinstance(arguments, list):
        return False
    if name in _IMPORTS:
        return all(isinstance(one, str) and one.split(".")[0] in owner["modules"] for one in arguments)
    if name == "CodeType":
        place = next((one for one in arguments if _is_place(one, owner["place"])), None)
        texts = set(_texts(arguments)) - {place}
        return place is not None and words.isdisjoint(texts) and ("names" not in owner or texts <= {*owner["names"]})
    return name in _AROUND_CODE


def _is_place(one: JSON, place: str) -> bool:
    """Whether `one` is a file of Python in the folder that the owner's code comes from."""
    return isinstance(one, str) and f"/{place}" in one.replace("\\", "/") and one.endswith(".py")


def _texts(arguments: list[JSON]) -> Iterator[str]:
    for item in arguments:
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            yield from _texts(item)
