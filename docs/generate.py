"""Writes the pages of `docs/reference/` that follow from the code: rules, commands, errors, predicates.

    python docs/generate.py

A test compares the pages with what this would write, so they cannot fall behind.
"""  # noqa: INP001  # a script, beside the pages it writes

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from assay import errors, rules
from assay.checks import Check, checks
from assay.cli.main import COULD_NOT_JUDGE, COULD_NOT_RUN, parser
from assay.errors import AssayError, IsolationError
from assay.finding import AXES
from assay.statements import predicates

REFERENCE = Path(__file__).parent / "reference"
WRITTEN = "<!-- Written by docs/generate.py; change the code that it names instead. -->"


def pages() -> dict[str, str]:
    """Return every generated page by its name in `docs/reference/`."""
    made = {"rules": rules_page, "commands": commands_page, "errors": errors_page, "predicates": predicates_page}
    return {f"{name}.md": "\n".join([WRITTEN, "", *lines()]) + "\n" for name, lines in made.items()}


def rules_page() -> Iterator[str]:
    """Yield the page of all checks and of the data they judge by."""
    yield "# Rules\n"
    yield (
        "What each check looks for, why, and what to do about it; `assay explain RULE` prints the same. A rule's id\n"
        "never changes its meaning. The severity is that of a failure, unless the finding itself says otherwise.\n"
        "*Needs* are the formats without which the check cannot pass: when such a file cannot be read, it is unknown.\n"
    )
    for axis in AXES:
        yield f"## {axis.value.capitalize()}\n"
        for one in checks():
            if one.rule.axis is axis:
                yield from _rule(one)
    yield "## Data\n"
    yield (
        "What checks judge by stands in `src/assay/rules/`. The digest of all of it is part of every assessment, so two\n"
        "assessments under different data never pass for the same.\n"
    )
    yield "| file | date | entries | source |\n|---|---|---|---|"
    for file in sorted(Path(rules.__file__).parent.glob("*.json")):
        data = json.loads(file.read_text("utf-8"))
        yield f"| `{file.name}` | {data['date']} | {len(data['entries'])} | {_cell(data['source'])} |"


def _rule(one: Check) -> Iterator[str]:
    title, _, rest = one.page.partition("\n")
    needs = ", ".join(one.claims) or "nothing"
    yield f"### {one.rule.id}\n"
    yield f"**{title}**\n"
    yield f"{one.rule.severity.value} · version {one.version} · needs {needs}"
    for paragraph in rest.strip().split("\n\n"):
        lead, colon, text = paragraph.partition(": ")
        known = colon and lead in ("Sample", "Fix", "References")
        yield f"\n*{lead}*: {text}" if known else f"\n{paragraph}"
    yield ""


def commands_page() -> Iterator[str]:
    """Yield the page of all commands, by hand from the parser, whose own form differs between versions of Python."""
    top = parser()
    yield "# Commands\n"
    yield (
        "stdout is the answer; progress, hints and errors go to stderr. `assay --version` prints the version, `--help`\n"
        "after any command its arguments. What a report says does not change with its format, and neither does the exit\n"
        "code.\n"
    )
    yield f"```text\n{(top.epilog or '').strip()}\n```\n"
    yield from _commands(top, "##")


def _commands(above: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    for action in above._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield f"{heading} {one.prog}\n"
                yield f"{_sentence(one.description or '')}\n"
                yield f"```text\n{' '.join([one.prog, *filter(None, map(_usage, one._actions))])}\n```\n"
                yield from _arguments(one)
                yield from _commands(one, f"{heading}#")


def _arguments(one: argparse.ArgumentParser) -> Iterator[str]:
    listed = [action for action in one._actions if not _is_structure(action)]
    if not listed:
        return
    yield "| argument | meaning |\n|---|---|"
    for action in listed:
        names = ", ".join(f"`{_cell(name)}`" for name in _names(action))
        words = (action.help or "") % {**vars(action), "prog": one.prog}
        choices = ""
        if action.choices and action.metavar is None and action.option_strings:
            choices = f": {', '.join(f'`{choice}`' for choice in action.choices)}"
        many = "; may be given more than once" if isinstance(action, argparse._AppendAction) else ""
        yield f"| {names} | {_cell(words)}{choices}{many} |"
    yield ""


def _is_structure(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices and not action.option_strings:
        return "|".join(map(str, action.choices))
    return action.dest.upper()


def _names(action: argparse.Action) -> list[str]:
    if not action.option_strings:
        return [_value(action)]
    return [f"{name} {_value(action)}".rstrip() for name in action.option_strings]


def _usage(action: argparse.Action) -> str:
    if _is_structure(action):
        return "COMMAND …" if isinstance(action, argparse._SubParsersAction) else ""
    shortest = _names(action)[0]
    optional = not action.required if action.option_strings else action.nargs in ("?", "*")
    return f"[{shortest}]" if optional else shortest


def errors_page() -> Iterator[str]:
    """Yield the page of all errors."""
    drawing = (errors.__doc__ or "").split("\n\n", 1)[1].strip()
    yield "# Errors\n"
    yield (
        "Every error says what happened and to which file, address or revision; most add what to do next. Commands print\n"
        "both to stderr as two lines and exit with the code below. `assay verify` exits with 1 when it is the evidence\n"
        "that does not hold (`VerificationError`, `BundleError`): that is its answer, not a failure to run.\n"
    )
    yield f"```text\n{drawing}\n```\n"
    yield "| error | meaning | exit | what to do, unless the error says otherwise |\n|---|---|---|---|"
    for kind in _tree(AssayError):
        meaning = (kind.__doc__ or "").strip().split("\n", 1)[0].rstrip(".")
        code = COULD_NOT_JUDGE if issubclass(kind, IsolationError) else COULD_NOT_RUN
        yield f"| `{kind.__name__}` | {_cell(meaning)} | {code} | {_cell(kind.default_hint)} |"
    yield (
        "\n`ReadError` and `BudgetError` do not end a run: they become the reason why a file is *not judged*, and the exit\n"
        "code is 3 when a check wanted that file. Ctrl-C exits with 130."
    )


def _tree(kind: type[AssayError]) -> Iterator[type[AssayError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def predicates_page() -> Iterator[str]:
    """Yield the page of all predicate types."""
    yield "# Predicate types\n"
    yield (
        "What a statement can say. The fields of each stand under [Predicates](statements.md#predicates). A statement of\n"
        "another type is let through and shown as of a type unknown here; it decides nothing.\n"
    )
    yield "| type | says that |\n|---|---|"
    for type_, module in sorted(predicates._modules().items()):
        said = (import_module(module.__name__).__doc__ or "").split("\n", 1)[0].partition(": ")[2]
        yield f"| `{type_}` | {_cell(said)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
