"""Writes what follows from the code: rules, commands, errors, predicates, routes; the diff in CONTRIBUTING.md.

    python docs/generate.py

A test compares the pages with what this would write, so they cannot fall behind.
"""
# ruff: noqa: INP001, SLF001  # a script beside its pages; argparse shows what it parsed only in private names

from __future__ import annotations

import argparse
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from assay import errors, rules
from assay.checks import Check, checks
from assay.cli.main import COULD_NOT_JUDGE, COULD_NOT_RUN, parser
from assay.errors import AssayError, IsolationError
from assay.finding import AXES
from assay.fixes import fixes
from assay.hub.routing import Needs, Route, Router, discover
from assay.statements import predicates

ROOT = Path(__file__).parents[1]

WRITTEN = "<!-- Written by docs/generate.py: change what it reads, not this page. -->\n"

RULES = """\
# Rules

What each check looks for, why, and what to do about it; `assay explain RULE` prints the same. The id of a rule never
changes its meaning. The severity is that of a failure, unless the finding itself says otherwise. *Needs* names the
formats without which the check cannot pass: where such a file cannot be read, the outcome is `unknown`.
"""

DATA = """\
## Data

What checks judge by stands in `src/assay/rules/`. The digest of all of it is part of every assessment, so assessments
under different data never pass for the same.

| file | date | entries | source |
|---|---|---|---|"""

COMMANDS = """\
# Commands

The answer goes to stdout; progress, hints and errors go to stderr. `assay --version` prints the version, and `--help`
after any command its arguments. The exit code does not depend on the format of the answer.
"""

FIXES = """\
# Repairs

`assay fix PATH` writes a repaired copy to `PATH.fixed`; `--in-place` replaces files in the folder itself, new files
first and old ones last; `--dry-run` only says what would change. Only what was assessed is repaired: when a file is
not what the assessment saw, nothing is written. A copy is made under a hidden name and renamed when it is whole.

What cannot be repaired without losing something, or without a decision that only a person can make, is refused with
the reason and what to do.
"""

ERRORS = """\
# Errors

An error says what happened and to which file, address or revision; most add what to do next. A command prints both to
stderr and exits with the code below. For `assay verify`, evidence that does not hold (`VerificationError`,
`BundleError`) is the answer and no failure to run: it exits with 1. Ctrl-C exits with 130.
"""

READ_ERRORS = """
`ReadError` and `BudgetError` do not end a run that judges: they become the reason why one file is *not judged*, and the
exit code is 3, unless something else makes it 1."""

PREDICATES = """\
# Predicate types

What a statement can say. [Statements](statements.md#predicates) lists the fields of each. A statement of another type
is let through, shown as of a type unknown here, and decides nothing.

| type | meaning |
|---|---|"""


ROUTES = """\
# Routes

What a hub answers, whom, and on what terms: the one table that the hub itself goes by. `{api_repo}` stands for
`models/OWNER/NAME`, `datasets/OWNER/NAME` or `spaces/OWNER/NAME`; `{repo}` for the same as pages write it, where a
model is just `OWNER/NAME`; `{name}` for one segment, in which a slash is written `%2F`; `{name*}` for all that
follows. Where there is GET there is HEAD. *Needs* and *token* are explained in
[accounts](accounts.md#who-may-do-what).
"""


def pages() -> dict[str, str]:
    """Return every page that is generated, or holds a generated part, by its path in the repository."""
    made = {
        "rules": _rules(),
        "commands": _commands(),
        "errors": _errors(),
        "fixes": _fixes(),
        "predicates": _predicates(),
        "routes": _routes(),
    }
    written = {f"docs/reference/{name}.md": "\n".join([WRITTEN, *lines]).rstrip() for name, lines in made.items()}
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return {**{name: f"{text}\n" for name, text in written.items()}, "CONTRIBUTING.md": with_diffs(page)}


def with_diffs(page: str) -> str:
    """Return `page` with each block that begins as the diff of a new file filled with that file as it is now."""
    return re.sub(r"(?s)```diff\ndiff --git a/(\S+) .*?\n```\n", lambda match: _diff(match[1]), page)


def _diff(path: str) -> str:
    lines = (ROOT / path).read_text("utf-8").splitlines()
    head = (
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@"
    )
    return "\n".join(["```diff", head, *(f"+{line}" for line in lines), "```", ""])


def _rules() -> Iterator[str]:
    yield RULES
    for axis in AXES:
        yield f"## {axis.value.capitalize()}\n"
        for one in checks():
            if one.rule.axis is axis:
                yield from _rule(one)
    yield DATA
    for file in sorted(Path(rules.__file__).parent.glob("*.json")):
        data = json.loads(file.read_text("utf-8"))
        yield f"| `{file.name}` | {data['date']} | {len(data['entries'])} | {_cell(data['source'])} |"


def _rule(one: Check) -> Iterator[str]:
    title, _, rest = one.page.partition("\n")
    yield f"### {one.rule.id}\n\n**{title}**\n"
    yield f"{one.rule.severity.value} · version {one.version} · needs {', '.join(one.claims) or 'nothing'}\n"
    for paragraph in rest.strip().split("\n\n"):
        lead, colon, text = paragraph.partition(": ")
        is_lead = colon and lead in ("Sample", "Fix", "References")
        yield f"*{lead}*: {text}\n" if is_lead else f"{paragraph}\n"


def _commands() -> Iterator[str]:
    # By hand, because the form of argparse's own help differs between versions of Python.
    top = parser()
    yield COMMANDS
    yield f"```text\n{(top.epilog or '').strip()}\n```\n"
    yield from _below(top, "##")


def _below(above: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    for action in above._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                about = one.description or ""
                yield f"{heading} {one.prog}\n\n{about[:1].upper()}{about[1:]}.\n"
                yield f"```text\n{' '.join([one.prog, *filter(None, map(_usage, one._actions))])}\n```\n"
                yield from _arguments(one)
                yield from _below(one, f"{heading}#")


def _arguments(one: argparse.ArgumentParser) -> Iterator[str]:
    rows = []
    for action in one._actions:
        if not _is_structure(action):
            names = ", ".join(f"`{_cell(name)}`" for name in _names(action))
            words = (action.help or "") % {**vars(action), "prog": one.prog}
            many = "; may be given more than once" if isinstance(action, argparse._AppendAction) else ""
            rows.append(f"| {names} | {_cell(words)}{many} |")
    if rows:
        yield "\n".join(["| argument | meaning |\n|---|---|", *rows, ""])


def _is_structure(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _names(action: argparse.Action) -> list[str]:
    return [f"{name} {_value(action)}".rstrip() for name in action.option_strings] or [_value(action)]


def _usage(action: argparse.Action) -> str:
    if _is_structure(action):
        return "COMMAND …" if isinstance(action, argparse._SubParsersAction) else ""
    shortest = _names(action)[0]
    optional = not action.required if action.option_strings else action.nargs in ("?", "*")
    return f"[{shortest}]" if optional else shortest


def _fixes() -> Iterator[str]:
    yield FIXES
    for id_, fix in fixes().items():
        said = (fix.__doc__ or "").strip().partition(": ")[2]
        yield f"## {id_}\n\n{said[:1].upper()}{said[1:]}\n"


def _errors() -> Iterator[str]:
    drawing = (errors.__doc__ or "").split("\n\n", 1)[1].strip()
    yield f"{ERRORS}\n```text\n{drawing}\n```\n"
    yield "| error | exit | meaning |\n|---|---|---|"
    for kind in _tree(AssayError):
        code = COULD_NOT_JUDGE if issubclass(kind, IsolationError) else COULD_NOT_RUN
        meaning = " ".join(filter(None, [(kind.__doc__ or "").split("\n", 1)[0], kind.default_hint]))
        yield f"| `{kind.__name__}` | {code} | {_cell(meaning)} |"
    yield READ_ERRORS


def _tree(kind: type[AssayError]) -> Iterator[type[AssayError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def _predicates() -> Iterator[str]:
    yield PREDICATES
    for found in pkgutil.iter_modules(predicates.__path__, f"{predicates.__name__}."):
        module = import_module(found.name)
        meaning = (module.__doc__ or "").split("\n", 1)[0].partition(": ")[2]
        yield f"| `{module.TYPE}` | {_cell(meaning)} |"


def _routes() -> Iterator[str]:
    yield ROUTES
    for title, package in (("For programs", "assay.hub.api"), ("Pages", "assay.hub.pages")):
        yield f"## {title}\n\n| method | path | needs | token | what it does |\n|---|---|---|---|---|"
        for route in sorted(Router(discover(package)).routes, key=lambda route: (route.path, route.method)):
            about = (route.endpoint.__doc__ or "").split("\n", 1)[0]
            cells = (route.method, f"`{route.path}`", route.needs.value, _scope(route), about)
            yield f"| {' | '.join(map(_cell, cells))} |"
        yield ""


def _scope(route: Route) -> str:
    return "" if route.needs in (Needs.ANYONE, Needs.ADDRESS) else route.scope.name.lower()


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / name).write_text(text, "utf-8")
