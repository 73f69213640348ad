"""What an engine's file says under names of its own, taken over as far as it is of the right kind."""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON
from assay.evals.formats.given import part
from assay.evals.formats.imported import number_of
from assay.statements.fields import Field

__all__ = ["known_counts", "known_texts", "sampling_of"]

_MOST = 1000
"""Characters of a text that is taken over."""


def known_texts(field: Field, names: Mapping[str, str]) -> dict[str, JSON]:
    """Return, by our name, the texts that stand under theirs: `names` is ours to theirs."""
    values = _values(field, names)
    return {ours: value for ours, value in values.items() if isinstance(value, str) and 0 < len(value) <= _MOST}


def known_counts(field: Field, names: Mapping[str, str], *, least: int = 0) -> dict[str, JSON]:
    """Return, by our name, the integers of at least `least` that stand under theirs."""
    values = _values(field, names)
    return {ours: value for ours, value in values.items() if type(value) is int and value >= least}


def sampling_of(config: Field, *, max_tokens: str = "max_tokens", stop: str = "stop") -> dict[str, JSON]:
    """Return how answers were taken, as far as a config says; `max_tokens` and `stop` are its names for these two."""
    found: dict[str, JSON] = {}
    for key in ("temperature", "top_p"):
        value = part(config, key)
        if value is not None and (number := number_of(value.value)) is not None:
            found[key] = number
    found |= known_counts(config, {"max_tokens": max_tokens, "seed": "seed", "top_k": "top_k"}, least=-1)
    texts = part(config, stop)
    if texts is not None and isinstance(texts.value, list):
        listed = [text for text in texts.value if isinstance(text, str) and 0 < len(text) <= _MOST]
        if listed and len(listed) == len(texts.value) <= 100:
            found["stop"] = listed
    return found


def _values(field: Field, names: Mapping[str, str]) -> dict[str, JSON]:
    found = field.value if isinstance(field.value, dict) else {}
    return {ours: found.get(theirs) for ours, theirs in names.items()}
