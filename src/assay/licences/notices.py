"""What stands in a licence text and is no term of it: copyright notices, identifiers, headings."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from assay.licences.words import Text

__all__ = ["copyright_words", "without_notices"]

_NOTICE = re.compile(
    r"(?:portions (?:of this software )?(?:are )?)?\bcopyright(?:ed)?\b"
    r"(?![\s\"')]+(?:holders?|owners?|notices?|laws?|licen[cs]es?|acts?|and|or|statements?|interests?|protection|"
    r"treat(?:y|ies)|in|is|to|shall|infringement|messages?|disclaimer|information|rights?|status)\b)[^\n]{0,200}"
)
_SENTENCE = re.compile(
    r"\b(?:(?:may|can|will)(?=\s+(?:not|be|only|use|copy|do|need))|cannot|must|shall|not|only|no|used?|using|permit(?:ted|s)?|permission|licensed|granted?s?|except|"
    r"unless|without|free|if|you|redistribut\w*|commercial\w*|non|provided|subject|everyone|this|that|which|prohibited|never|solely|exclusively|purposes?)\b"
)
_END = re.compile(r"(?<!\binc)(?<!\bltd)(?<!\bcorp)(?<!\bco)(?<!\bllc)(?<!\bjr)(?<!\b[a-z])[.;](?=\s)")
_TAG = re.compile(
    r"\bspdx-(?:license-identifier|filecopyrighttext|package\w*|snippet\w*)\s*:[^\n]{0,200}"
    r"|\b(?:all|some) rights reserved\b"
)


def without_notices(plain: str) -> str:
    """Return `plain` (lower case) without copyright notices and SPDX identifiers."""
    plain = _TAG.sub(" ", plain)
    kept, place = [], 0
    for start, end in _notices(plain):
        kept.append(plain[place:start])
        place = end
    kept.append(plain[place:])
    return " ".join(kept)


def copyright_words(text: Text) -> Iterator[tuple[int, int]]:
    """Yield the copyright notices of `text` as ranges of its words."""
    starts = [start for start, _ in text.spans]
    for pattern in (_notices(text.plain), (match.span() for match in _TAG.finditer(text.plain))):
        for start, end in pattern:
            yield bisect_left(starts, start), bisect_left(starts, end)


def _notices(plain: str) -> Iterator[tuple[int, int]]:
    place = 0
    while match := _NOTICE.search(plain, place):
        start, end = match.span()
        head = start + len("copyright")
        for pattern in (_SENTENCE, _END):
            if stop := pattern.search(plain, head, end):
                end = stop.start()
        yield start, end
        place = max(end, head)
