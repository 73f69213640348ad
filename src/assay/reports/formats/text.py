"""The report for a terminal: five axes, findings worst first, what was not judged, the verdict, what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from assay.canonical import JSON
from assay.reports.escape import clipped, cut, fit, wrap
from assay.reports.story import (
    Group,
    counts_text,
    findings_text,
    flip_title,
    groups,
    next_steps,
    pack_groups,
    pack_text,
    quantity,
    reason_text,
    source_text,
)
from assay.reports.style import AXIS_NAMES, OUTCOME_WORDS, VERDICT_WORDS, Style, mark

__all__ = ["render"]

_GROUPS_OF_A_RULE = 2
_GROUPS = 8
_UNREAD = 5
_REASONS = 6
_CHANGES = 4
_MESSAGE = 400
_REASON = 300
_LOUD = ("critical", "high", "medium")
"""Severities whose place and fix stand on lines of their own."""
_COLORS = {"pass": 32, "admit": 32, "fail": 31, "refuse": 31, "critical": 31, "high": 31, "unknown": 33,
           "undecided": 33, "medium": 33, "low": 36, "info": 36, "quiet": 2, "title": 1}  # fmt: skip


def render(scan: dict[str, JSON], style: Style) -> str:
    """Return the report in at most `style.width` columns."""
    page = _Page(style)
    parts = (page.head, page.axes, page.findings, page.packs, page.unread, page.verdict, page.steps)
    blocks = [part(scan) for part in parts]
    return "\n".join("\n".join(lines) + "\n" for lines in map(list, blocks) if lines)


class _Page:
    """The parts of the report, each as lines, all in one style."""

    def __init__(self, style: Style) -> None:
        self.width = max(style.width, 20)
        self.color = style.color
        self.safe = partial(clipped, unicode=style.unicode)
        self.mark = partial(mark, unicode=style.unicode)
        self.dots = "…" if style.unicode else "..."
        self.wide = self.width >= 60
        self.margin = 25 if self.wide else 4

    def paint(self, text: str, kind: str) -> str:
        return f"\x1b[{_COLORS[kind]}m{text}\x1b[0m" if self.color and kind in _COLORS else text

    def head(self, scan: dict[str, JSON]) -> Iterator[str]:
        artifact = scan["artifact"]
        yield self.paint(fit(self.safe(artifact["name"], 1000), self.width, ellipsis=self.dots), "title")
        digest, grade = artifact["dirhash"], artifact["digest"]
        known = f"dirHash {digest[:16]}" if digest else "dirHash not known"
        graded = f" ({grade})" if digest and grade != "computed" else ""
        bare = "" if scan["isolation"] == "isolated" else f", {scan['isolation']}"
        line = self.safe(f"{source_text(scan)}, {known}{graded}{bare}", _MESSAGE)
        yield from (self.paint(part, "quiet") for part in wrap(line, self.width))

    def axes(self, scan: dict[str, JSON]) -> Iterator[str]:
        for name, title in AXIS_NAMES.items():
            state = scan["axes"][name]
            outcome = state["outcome"]
            start = f"  {self.mark(outcome)} {title:<11} {OUTCOME_WORDS.get(outcome, 'unknown'):<8}"
            reason, room = self.safe(state["reason"], _REASON), self.width - self.margin
            # Where findings follow in full, one line of the reason is enough.
            lines = [cut(reason, room, ellipsis=self.dots)] if state["findings"] else wrap(reason, room)
            if self.wide:
                yield f"{self.paint(start, outcome)} {lines[0]}"
            else:
                yield self.paint(start.rstrip(), outcome)
            yield from (" " * self.margin + line for line in lines[self.wide :])

    def findings(self, scan: dict[str, JSON]) -> Iterator[str]:
        found = groups(scan)
        told = findings_text(found) or "nothing failed"
        yield from wrap(f"Findings: {told} ({counts_text(scan)})", self.width)
        yield from self.few(found)

    def few(self, found: list[Group]) -> Iterator[str]:
        shown = list(_few(found))
        for group in shown:
            yield from self.group(group)
        left = sum(group.times for group in found) - sum(group.times for group in shown)
        if left:
            yield f"  and {left:,} more; all of them with --format json"

    def group(self, group: Group) -> Iterator[str]:
        word = group.word
        indent = " " * 12 if self.wide else "    "
        first = f"  {word:<10}" if self.wide else f"  {word} "
        message, place = self.safe(group.message, _MESSAGE), self.place(group)
        brief = word not in _LOUD
        lines = wrap(f"{message} ({place})" if brief else message, self.width, indent=indent, first=first)
        yield lines[0].replace(word, self.paint(word, word), 1)
        yield from lines[1:]
        if not brief:
            yield from (self.paint(line, "quiet") for line in wrap(place, self.width, indent=indent))
        if not brief and group.fix:
            yield from wrap(f"Fix: {self.safe(group.fix, _MESSAGE)}", self.width, indent=indent)

    def place(self, group: Group) -> str:
        more = len(group.places) - 1
        parts = [self.safe(group.code, 100), *(self.safe(place, 300) for place in group.places[:1])]
        return ": ".join(parts) + (f" and {quantity(more, 'more place')}" if more > 0 else "")

    def packs(self, scan: dict[str, JSON]) -> Iterator[str]:
        """What rule packs found: theirs, named as such, and in no axis."""
        for pack in scan.get("packs", ()):
            yield from wrap(self.safe(pack_text(pack), _MESSAGE), self.width)
            yield from self.few(pack_groups(pack))

    def unread(self, scan: dict[str, JSON]) -> Iterator[str]:
        items = scan["not_judged"]
        if items:
            yield "Not judged, and so not passed:"
        for item in items[:_UNREAD]:
            text = f"{self.mark('unknown')} {self.safe(item['file'], 300)}: {self.safe(item['reason'], _MESSAGE)}"
            yield from wrap(text, self.width, indent="    ", first="  ")
        if len(items) > _UNREAD:
            yield f"  and {quantity(len(items) - _UNREAD, 'more file')}"

    def verdict(self, scan: dict[str, JSON]) -> Iterator[str]:
        verdict = scan["verdict"]
        outcome = verdict["outcome"]
        said = f"{self.mark(outcome)} {VERDICT_WORDS.get(outcome, 'undecided')}"
        lines = wrap(
            f"Verdict: {said} by policy {self.safe(verdict['policy'], 100)}", self.width, indent="  ", first=""
        )
        yield lines[0].replace(said, self.paint(said, outcome), 1)
        yield from lines[1:]
        reasons = [reason for reason in verdict["because"] if reason["outcome"] != "admit"]
        if not reasons and verdict["because"]:
            yield f"  {self.mark('pass')} {_all_hold(len(verdict['because']))}"
        for reason in reasons[:_REASONS]:
            said = f"{reason['name']}: {reason_text(reason)}"
            text = f"{self.mark(reason['outcome'])} {self.safe(said, _MESSAGE)}"
            yield from wrap(text, self.width, indent="    ", first="  ")
        if len(reasons) > _REASONS:
            yield f"  and {quantity(len(reasons) - _REASONS, 'more reason')}"
        for flip in verdict["would_change_if"][:1]:
            yield f"  {flip_title(flip, outcome)}"
            for change in flip["changes"][:_CHANGES]:
                yield from wrap(self.safe(change, _MESSAGE), self.width, indent="      ", first="    - ")
            if len(flip["changes"]) > _CHANGES:
                yield f"    - and {quantity(len(flip['changes']) - _CHANGES, 'more change')}"

    def steps(self, scan: dict[str, JSON]) -> Iterator[str]:
        steps = next_steps(scan)
        room = max((len(step.command) for step in steps), default=0)
        beside = all(len("Next: ") + room + len("  # ") + len(step.why) <= self.width for step in steps)
        for at, step in enumerate(steps):
            why = f"  {self.paint('# ' + step.why, 'quiet')}" if beside else ""
            yield f"{'Next: ' if at == 0 else '      '}{step.command:<{room if beside else 0}}{why}"


def _all_hold(count: int) -> str:
    return "its one rule is not against" if count == 1 else f"none of its {count} rules is against"


def _few(found: list[Group]) -> Iterator[Group]:
    """The groups worth the reader's lines: two of each rule, eight in all."""
    seen: dict[str, int] = {}
    shown = 0
    for group in found:
        seen[group.rule] = seen.get(group.rule, 0) + 1
        if seen[group.rule] <= _GROUPS_OF_A_RULE and shown < _GROUPS:
            shown += 1
            yield group
