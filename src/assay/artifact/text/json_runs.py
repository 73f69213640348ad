"""Long runs of plain values in JSON, cut short before it is parsed: vocabularies, and lists that nobody judges.

A list that begins with more than a thousand numbers, texts or short lists of these keeps the first thousand; an object
that begins with more than fifty thousand keys with numbers keeps so many. `documents.prune` keeps fewer of either, so
that what is written down stays the same, while a tokenizer of 30 MB takes a tenth of the memory.
"""

from __future__ import annotations

import re

__all__ = ["cut_runs"]

_LIST, _OBJECT = 1000, 50_000
_LEAST = 1024 * 1024
"""Bytes; shorter texts cost little as they are."""
_BRACKETS = 2_000_000
"""Each costs a look; a text with more of them would hardly become shorter."""
_TREES = b"left_children"
"""Beside this key stand lists that are judged item by item."""
_SPACE = rb"[ \t\n\r]*+"
_TEXT = rb'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrtu])*+"'
_NUMBER = rb"-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?+[0-9]++)?+"
_PLAIN = rb"(?:" + _TEXT + rb"|" + _NUMBER + rb"|true|false|null)"
_COMMA = _SPACE + rb"," + _SPACE
_SHORT_LIST = rb"\[" + _SPACE + _PLAIN + rb"(?:" + _COMMA + _PLAIN + rb")*+" + _SPACE + rb"\]"
_ITEM = rb"(?:" + _PLAIN + rb"|" + _SHORT_LIST + rb")" + _COMMA
_PAIR = _TEXT + _SPACE + rb":" + _SPACE + _NUMBER + _COMMA
_LONG_LIST = rb"\[%s(?:%s){%d}+" % (_SPACE, _ITEM, _LIST)
_LONG_OBJECT = rb"\{%s(?:%s){%d}+" % (_SPACE, _PAIR, _OBJECT)
# Texts are stepped over as wholes, so that a bracket within one begins nothing.
_RUN = re.compile(
    rb'(?:[^"\[{]++|"(?:[^"\\]++|\\.)*+"|(?!%s|%s)[\[{])*+(?:%s((?:%s)++)|%s((?:%s)++))?+'
    % (_LONG_LIST, _LONG_OBJECT, _LONG_LIST, _ITEM, _LONG_OBJECT, _PAIR),
    re.DOTALL,
)


def cut_runs(data: bytes) -> bytes:
    """Return the JSON text `data` without the rest of its long runs; what is no JSON stays so."""
    if len(data) < _LEAST or data.count(b"[") + data.count(b"{") > _BRACKETS or _TREES in data:
        return data
    kept, at, copied = [], 0, 0
    while at < len(data):
        match = _RUN.match(data, at)
        if match is None or match.end() == at:
            break
        group = match.lastindex
        if group is not None:
            kept.append(data[copied : match.start(group)])
            copied = match.end(group)
        at = match.end()
    if not kept:
        return data
    return b"".join([*kept, data[copied:]])
