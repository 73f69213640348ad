"""The report as one HTML page that stands alone: no script, no request, light and dark, narrow and printed."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib import resources

from assay.canonical import JSON
from assay.reports.escape import clipped
from assay.reports.story import (
    Group,
    command,
    counts_text,
    findings_text,
    flip_title,
    groups,
    next_steps,
    pack_groups,
    pack_text,
    quantity,
    reason_text,
    size_text,
    source_text,
)
from assay.reports.style import AXIS_NAMES, OUTCOME_WORDS, VERDICT_WORDS, Style, mark

__all__ = ["render"]

_LIMIT = 1_000
_GROUPS = 200
_PLACES = 5
_LISTED = 100
_FILES = 500
_OPEN_FILES = 50


def render(scan: dict[str, JSON], style: Style) -> str:  # noqa: ARG001  one signature for all formats
    """Return the page; long lists are folded or cut, and say so."""
    css = _css()
    policy = f"default-src 'none'; style-src 'sha256-{_css_digest()}'; base-uri 'none'; form-action 'none'"
    word = VERDICT_WORDS.get(scan["verdict"]["outcome"], "undecided")
    parts = [_head(scan), _verdict(scan), _axes(scan), _findings(scan), *_packs(scan)]
    parts += [_unread(scan), _files(scan), _basis(scan)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_e(scan['artifact']['name'], 100)}: {word} – Assay report</title>\n"
        f"<style>{css}</style>\n</head>\n<body>\n" + "\n".join(filter(None, parts)) + "\n</main>\n</body>\n</html>\n"
    )


@cache
def _css() -> str:
    return (resources.files(__package__) / "html.css").read_text("utf-8")


@cache
def _css_digest() -> str:
    return b64encode(sha256(_css().encode()).digest()).decode()


def _e(text: object, limit: int = _LIMIT) -> str:
    return html.escape(clipped(text, limit))


def _code(text: object, limit: int = _LIMIT) -> str:
    return f"<code>{_e(text, limit)}</code>"


def _advice(text: object) -> str:
    """Escaped text in which `words between backticks` stand as code, as fixes write what is to be typed."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _e(text))


def _mark(outcome: JSON, word: str) -> str:
    """A mark for the eye and the word beside it for everyone."""
    return f'<span class="mark" aria-hidden="true">{mark(outcome)}</span> <span class="word">{word}</span>'


def _known(outcome: JSON, words: dict[str, str], otherwise: str) -> str:
    """The outcome as a class name: one of ours and nothing else."""
    return outcome if outcome in words else otherwise


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{body}\n</section>"


def _items(items: Iterable[str]) -> str:
    return "\n".join(f"<li>{item}</li>" for item in items)


def _table(kind: str, caption: str, heads: Iterable[tuple[str, str]], rows: Iterable[str]) -> str:
    """Roles stand in the markup because the narrow layout lays rows out as blocks, which would drop them."""
    head = "".join(f'<th scope="col" role="columnheader" class="{style}">{text}</th>' for text, style in heads)
    return (
        f'<table class="{kind}" role="table"><caption>{caption}</caption>\n<thead role="rowgroup"><tr role="row">{head}'
        '</tr></thead>\n<tbody role="rowgroup">\n' + "\n".join(rows) + "\n</tbody></table>"
    )


def _row(*cells: tuple[str, str]) -> str:
    inner = "".join(f'<td role="cell" class="{style}">{text}</td>' for text, style in cells)
    return f'<tr role="row">{inner}</tr>'


def _head(scan: dict[str, JSON]) -> str:
    return (
        f'<header>\n<p class="eyebrow">Assay report</p>\n<h1>{_e(scan["artifact"]["name"], 300)}</h1>\n'
        f'<p class="quiet">{_e(source_text(scan))}</p>\n</header>\n<main>'
    )


def _verdict(scan: dict[str, JSON]) -> str:
    verdict = scan["verdict"]
    outcome = _known(verdict["outcome"], VERDICT_WORDS, "undecided")
    reasons = [
        f'<span class="{_known(reason["outcome"], VERDICT_WORDS, "undecided")}">'
        f'<span class="mark" aria-hidden="true">{mark(reason["outcome"])}</span></span> '
        f"{_code(reason['name'])} {_e(reason_text(reason))}"
        for reason in verdict["because"][:_LISTED]
    ]
    because = f'<ul class="plain">\n{_items(reasons)}\n</ul>\n' if reasons else ""
    flips = "".join(
        f"<p>{flip_title(flip, outcome)}</p>\n<ul>\n{_items(map(_advice, flip['changes']))}\n</ul>\n"
        for flip in verdict["would_change_if"]
    )
    title = f"{_mark(outcome, VERDICT_WORDS[outcome].capitalize())} by policy {_e(verdict['policy'])}"
    return f'<section class="verdict {outcome}">\n<h2>{title}</h2>\n{because}{flips}</section>'


def _axes(scan: dict[str, JSON]) -> str:
    cards = []
    for name, title in AXIS_NAMES.items():
        state = scan["axes"][name]
        outcome = _known(state["outcome"], OUTCOME_WORDS, "unknown")
        count = f'<p class="quiet">{quantity(state["findings"], "finding")}</p>' if state["findings"] else ""
        cards.append(
            f'<div class="axis {outcome}"><h3>{title}</h3><p>{_mark(outcome, OUTCOME_WORDS[outcome])}</p>'
            f"<p>{_e(state['reason'])}</p>{count}</div>"
        )
    return _section("Five axes", '<div class="axes">\n' + "\n".join(cards) + "\n</div>")


def _findings(scan: dict[str, JSON]) -> str:
    found = groups(scan)
    return _listed("Findings", f"{findings_text(found) or 'nothing failed'} ({counts_text(scan)})", found)


def _listed(title: str, told: str, found: list[Group]) -> str:
    if not found:
        return _section(title, f'<p class="quiet">{told.capitalize()}</p>')
    heads = [("Severity", ""), ("Finding", "what"), ("Rule", "")]
    table = _table("findings", told, heads, map(_finding, found[:_GROUPS]))
    left = len(found) - _GROUPS
    more = f'\n<p class="quiet">and {left:,} more; all of them in the JSON report</p>' if left > 0 else ""
    return _section(title, table + more)


def _finding(group: Group) -> str:
    what = [f"<p>{_e(group.message)}</p>"]
    what += [f'<p class="quiet">{_code(place)}</p>' for place in group.places[:_PLACES]]
    if len(group.places) > _PLACES:
        what.append(f'<p class="quiet">and {quantity(len(group.places) - _PLACES, "more place")}</p>')
    if group.fix:
        what.append(f"<p><strong>Fix:</strong> {_advice(group.fix)}</p>")
    word = _known(group.word, _SEVERITIES, "unknown")
    return _row((f'<span class="word">{word}</span>', word), ("".join(what), "what"), (_code(group.rule), ""))


def _packs(scan: dict[str, JSON]) -> Iterator[str]:
    """What rule packs found: theirs, named as such."""
    for pack in scan.get("packs", ()):
        found = pack_groups(pack)
        yield _listed(_e(pack_text(pack)), findings_text(found) or "nothing found", found)


_SEVERITIES = {word: word for word in ("critical", "high", "medium", "low", "info", "unknown", "suppressed")}


def _unread(scan: dict[str, JSON]) -> str:
    parts = []
    if scan["not_judged"]:
        items = [f"{_code(item['file'])}: {_e(item['reason'])}" for item in scan["not_judged"]]
        parts.append(_section("Not judged, and so not passed", _long_list(items, "file that could not be read")))
    if scan["not_examined"]:
        items = [_code(path) for path in scan["not_examined"]]
        parts.append(_section("Not examined", _long_list(items, "file that no check claims")))
    return "\n".join(parts)


def _long_list(items: list[str], one: str) -> str:
    noun, _, rest = one.partition(" ")
    left = len(items) - _LISTED
    more = f'\n<p class="quiet">and {left:,} more; all of them in the JSON report</p>' if left > 0 else ""
    body = f'<ul class="plain">\n{_items(items[:_LISTED])}\n</ul>{more}'
    return _folded(f"{quantity(len(items), noun)} {rest}", body, open_=len(items) <= 10)


def _folded(summary: str, body: str, *, open_: bool) -> str:
    return f"<details{' open' if open_ else ''}><summary>{summary}</summary>\n{body}\n</details>"


def _files(scan: dict[str, JSON]) -> str:
    files = scan["artifact"]["files"]
    shown = files[:_FILES]
    cut = "" if len(shown) == len(files) else f"; the first {_FILES} are listed, all of them in the JSON report"
    told = f"{quantity(len(files), 'file')}, {size_text(sum(file['size'] for file in files))}{cut}"
    heads = [("Path", ""), ("Format", ""), ("Size", "number"), ("SHA-256", "digest")]
    table = _table("files", told if len(files) <= _OPEN_FILES else "Files", heads, map(_file, shown))
    return _section("Files", table if len(files) <= _OPEN_FILES else _folded(told, table, open_=False))


def _file(file: dict[str, JSON]) -> str:
    grade = "" if file["digest"] == "computed" else f' <span class="quiet">{_e(file["digest"])}</span>'
    digest = (_code(file["sha256"]) if file["sha256"] else "") + grade
    return _row((_code(file["path"], 300), ""), (_e(file["format"], 40), ""), (size_text(file["size"]), "number"),
                (digest, "digest"))  # fmt: skip


def _basis(scan: dict[str, JSON]) -> str:
    tool, artifact, statement = scan["tool"], scan["artifact"], scan["statement"] or {}
    facts = [("Judged by", f"{_e(tool['name'])} {_e(tool['version'])}"), ("Rules data", _code(tool["rules"])),
             ("Artifact", f"dirHash {_code(artifact['dirhash'])}" if artifact["dirhash"] else "dirHash not known"),
             ("File digests", _e(artifact["digest"])), ("Isolation", _e(scan["isolation"]))]  # fmt: skip
    facts += [
        (f"Rule pack {_e(pack['id'])}", f"{_e(pack['version'])} by {_e(pack['maker'])}, {_code(pack['digest'])}")
        for pack in scan.get("packs", ())
    ]
    if "git_commit" in artifact:
        facts.append(("Git commit", _code(artifact["git_commit"])))
    facts.append(("Statement", _code(statement["digest"]) if statement else "none"))
    facts.append(("Signed by", f"key {_code(statement['keyid'])}" if statement.get("keyid") else "nobody yet"))
    listed = "\n".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return _section("Check it yourself", f"{_commands(scan)}\n<dl>\n{listed}\n</dl>")


def _commands(scan: dict[str, JSON]) -> str:
    name = scan["artifact"]["name"]
    target = name if command("assay", name) else "PATH"
    lines = [command("assay", "scan", target), command("assay", "verify", target)]
    lines += [step.command for step in next_steps(scan) if step.command not in lines]
    return "<pre><code>" + "\n".join(_e(line) for line in lines if line) + "</code></pre>"
