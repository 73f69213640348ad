"""FIX401: imports of packages that need an accelerator are put inside `try`, so that the module loads without them.

An import on a line of its own at the top level of a module becomes the same import inside `try`, and each name that it
brings is None where the package is missing. What uses such a name then fails when it is used, not when the module is
loaded, and can ask `if name is not None`. What comes out must be valid Python. Nothing is run.

Not done, because something would be guessed: the plain code that takes the kernel's place; imports within a class or
over several lines; `import *`; names that a base class or a decorator of the module needs at once; weights for an open
runtime beside an engine, which has to be exported by whoever has the model it was built from.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from assay.artifact.blob import read_exactly
from assay.canonical import JSON
from assay.errors import FixError, ReadError
from assay.fixes._plan import Change, Job, Refusal
from assay.fixes._written import writing

__all__ = ["ID", "apply", "plan"]

ID = "FIX401-guarded-import"

_LINE = re.compile(r"line (\d+)\Z")
_ENGINE = "only whoever has the model it was built from can export it"


def plan(job: Job) -> Iterator[Change | Refusal]:
    """Yield one change for each file with such an import, a refusal where it cannot be guarded, or for an engine."""
    for finding in job.predicate["findings"]:
        if finding["outcome"] == "fail" and str(finding["rule"]).startswith("POR101-"):
            yield Refusal(ID, finding["file"], _ENGINE, str(finding["fix"]))
    for path, lines in _by_file(job).items():
        try:
            before = _text(job, path)
            after = _guarded(before, lines)
        except FixError as error:
            yield Refusal(ID, path, str(error), error.hint())
            continue
        changed = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
        yield Change(ID, (path,), path, "the module loads where the package is missing", diff="\n".join(changed))


def apply(job: Job, change: Change, out: Path) -> dict[str, JSON] | None:
    """Write the mended file.

    Raises:
        FixError: it changed since it was planned, or cannot be written.
    """
    path = change.adds[0]
    after = _guarded(_text(job, path), _by_file(job)[path])
    with writing(out / path) as file:
        file.write(after.encode("utf-8"))
    return None


def _by_file(job: Job) -> dict[str, list[int]]:
    """Return the lines of the imports that were found, by file."""
    found: dict[str, list[int]] = {}
    mended = {item["file"] for item in job.predicate["findings"] if str(item["rule"]).startswith("SEC3")}
    for finding in job.predicate["findings"]:
        place = _LINE.match(str(finding["location"]))
        named = str(finding["rule"]).startswith("POR102-") and finding["outcome"] == "fail"
        # Two repairs of one file would overwrite each other: what is dangerous goes first, this on the next run.
        if named and place is not None and finding["file"] in job.entries and finding["file"] not in mended:
            found.setdefault(str(finding["file"]), []).append(int(place[1]))
    return dict(sorted(found.items()))


def _text(job: Job, path: str) -> str:
    try:
        with job.source.open(job.entries[path]) as blob:
            return read_exactly(blob, 0, blob.size, "the code").decode("utf-8")
    except (ReadError, UnicodeDecodeError) as error:
        raise FixError(f"cannot be read as UTF-8: {error}", hint="Save it as UTF-8.") from error


def _guarded(text: str, lines: list[int]) -> str:
    """Return `text` with the imports of the modules found at `lines` inside `try`.

    Raises:
        FixError: one of them does not stand alone on a line at the top level.
    """
    tree = ast.parse(text)
    source = text.splitlines(keepends=True)
    packages = {_package(node) for node in tree.body if node.lineno in lines}
    nodes = [node for node in tree.body if _package(node) in packages - {None}]
    if not set(lines) <= {node.lineno for node in nodes}:
        raise FixError("an import does not stand at the top level of the module", hint="Put it inside try by hand.")
    for node in reversed(nodes):
        line = source[node.lineno - 1]
        if node.end_lineno != node.lineno or node.col_offset or ";" in line or "*" in _names(node):
            raise FixError(f"the import in line {node.lineno} does not stand on one line", hint="Guard it by hand.")
        end = "\r\n" if line.endswith("\r\n") else "\n"
        missing = "".join(f"    {name} = None{end}" for name in _names(node))
        source[node.lineno - 1] = f"try:{end}    {line.rstrip()}{end}except ImportError:{end}{missing}"
    after = "".join(source)
    ast.parse(after)
    return after


def _package(node: ast.stmt) -> str | None:
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return node.module.partition(".")[0]
    if isinstance(node, ast.Import) and len(node.names) == 1:
        return node.names[0].name.partition(".")[0]
    return None


def _names(node: ast.stmt) -> list[str]:
    names = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
    return [alias.asname or alias.name.partition(".")[0] for alias in names]
