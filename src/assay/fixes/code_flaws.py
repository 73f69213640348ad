"""FIX301: honest mistakes in Python code are mended by the smallest edit that ends them.

Only the tokens concerned change; comments, spaces and everything else stay. `torch.load` gets `weights_only=True`,
YAML a safe loader, `extractall` a filter, a connection its check of certificates, a digest for secrets SHA-256, a
command put together from plain words a list of arguments, lxml a parser that expands no entities, `mktemp` the call
that makes the file, the name of an upload its last part, the one text of a request in a page `html.escape`, a secret
the module `secrets`. What comes out must be valid Python. Nothing is run.

Not done, because something would be guessed: which commit of another repo was read; which paths a request may name; how
a database marks parameters; what `eval` was meant to allow; another cipher; a credential, which has to be changed where
it is used; settings that come from elsewhere; files that are not UTF-8.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from assay.artifact.blob import read_exactly
from assay.canonical import JSON
from assay.errors import FixError, ReadError
from assay.fixes._code_edits import Source
from assay.fixes._code_repairs import repair
from assay.fixes._plan import Change, Job, Refusal
from assay.fixes._written import writing

__all__ = ["ID", "apply", "plan"]

ID = "FIX301-code-flaws"

_RULE = re.compile(r"SEC3[0-5]\d\Z")
_LINE = re.compile(r"line (\d+)\Z")


def plan(job: Job) -> Iterator[Change | Refusal]:
    """Yield one change for each file that can be mended, and a refusal for each flaw that cannot."""
    for path, findings in _by_file(job).items():
        try:
            source = _opened(job, path)
        except FixError as error:
            yield Refusal(ID, path, str(error), error.hint())
            continue
        done, refused = _planned(source, path, findings)
        yield from refused
        if not source.is_changed:
            continue
        try:
            after = source.result()
        except FixError as error:
            yield Refusal(ID, path, str(error), error.hint())
            continue
        yield Change(ID, (path,), path, "; ".join(done), diff=_diff(path, source.text, after.decode("utf-8-sig")))


def apply(job: Job, change: Change, out: Path) -> dict[str, JSON] | None:
    """Write the mended file.

    Raises:
        FixError: it changed since it was planned, or cannot be written.
    """
    path = change.adds[0]
    source = _opened(job, path)
    _planned(source, path, _by_file(job)[path])
    with writing(out / path) as file:
        file.write(source.result())
    return None


def _by_file(job: Job) -> dict[str, list[dict[str, JSON]]]:
    """Return the failing findings about code, by file, in order."""
    found: dict[str, list[dict[str, JSON]]] = {}
    for finding in job.predicate["findings"]:
        rule = str(finding["rule"]).partition("-")[0]
        if finding["outcome"] == "fail" and _RULE.match(rule) and finding["file"] in job.entries:
            found.setdefault(str(finding["file"]), []).append({**finding, "rule": rule})
    return dict(sorted(found.items()))


def _opened(job: Job, path: str) -> Source:
    try:
        with job.source.open(job.entries[path]) as blob:
            data = read_exactly(blob, 0, blob.size, "the code")
    except ReadError as error:
        raise FixError(f"cannot be read: {error}", hint="Fetch the file again.") from error
    return Source(data)


def _planned(source: Source, path: str, findings: list[dict[str, JSON]]) -> tuple[list[str], list[Refusal]]:
    """Plan all edits of one file; return what is done and what is refused."""
    done: list[str] = []
    refused: list[Refusal] = []
    for finding in findings:
        where = _LINE.match(str(finding["location"]))
        if where is None:
            refused.append(Refusal(ID, path, "it stands inside an archive", "Unpack it, mend it and pack it again."))
            continue
        outcome = repair(source, str(finding["rule"]), finding["detail"], int(where[1]))
        if outcome.done is not None:
            done.append(f"line {where[1]}: {outcome.done}")
        else:
            refused.append(Refusal(ID, path, f"line {where[1]}: {outcome.why}", outcome.hint))
    return done, refused


def _diff(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
