"""All there is to say of a licence text: what it is, how it differs, what it allows and in which clause it says so."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate

from assay.canonical import JSON
from assay.checks.licence_texts import licence_of, terms_elsewhere
from assay.checks.licences import Licence, denials, duties, licence
from assay.licences import identify
from assay.licences.language import language
from assay.licences.words import Text
from assay.rules import load

__all__ = ["clauses", "facts_of", "licence_report"]

_AROUND = 12
"""Words of a clause that are quoted on either side."""


def licence_report(raw: str) -> dict[str, JSON]:
    """Return the answer on one text: `grade`, `licences`, `around`, `facts`, `clauses`, `terms_elsewhere`."""
    found = identify(raw)
    text = Text(raw)
    one = licence_of(found, raw)
    known = [each for match in found.matches if (each := _first(match.ids)) is not None] or ([one] if one else [])
    unique = {each.id: each for each in known}
    return found.to_json() | {
        "language": language(text.words),
        "named": one.name if one is not None and found.main is None else None,
        "weighing": sum(1 for _ in found.weighing),
        "facts": [facts_of(each) for each in unique.values()],
        "clauses": clauses(text),
        "terms_elsewhere": list(terms_elsewhere(raw)),
    }


def facts_of(one: Licence) -> dict[str, JSON]:
    """Return what the rules know of a licence: its terms, what it denies and what it asks for."""
    return one.to_fact() | {
        "name": one.name,
        "open": one.is_open,
        "denies": [{"field": field, "says": says} for field, says in denials(one)],
        "asks": [{"field": field, "says": says} for field, says in duties(one)],
    }


def clauses(text: Text) -> list[dict[str, JSON]]:
    """Return the first place of each kind of restriction that the words of `text` speak of, in their order."""
    said = " ".join(text.words)
    starts = list(accumulate((len(word) + 1 for word in text.words), initial=0))
    found = []
    for field, pattern in _clauses().items():
        match = pattern.search(said)
        if match is None:
            continue
        first, last = bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1) - 1
        quote = text.slice(max(0, first - _AROUND), min(len(text.words), last + 1 + _AROUND))
        found.append({"field": field, "line": text.line(first), "quote": " ".join(quote.split())})
    return sorted(found, key=lambda each: (each["line"], each["field"]))


def _first(ids: tuple[str, ...]) -> Licence | None:
    return next((one for name in ids if (one := licence(name)) is not None), None)


@cache
def _clauses() -> dict[str, re.Pattern[str]]:
    return {field: re.compile(rf"\b{pattern}\b") for field, pattern in load("licence_markers")["clauses"].items()}
