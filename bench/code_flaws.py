"""How many of the flaws in labelled snippets of repo code are found, and how much of what is found is one.

    python bench/code_flaws.py [--quick] [--verbose]

Input: snippets of flawed and sound Python, written after the examples of the CWE pages, each labelled with its CWE or
as sound (`tests/make/code_snippets.py`). A snippet counts as flawed when a rule SEC301 to SEC359 fails with the CWE of
the label. Every repair that `assay fix` plans for it is made: the file must parse and the finding must be gone.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.make.code_snippets import Snippet, snippets  # noqa: E402 (found beside, not installed)

from assay.artifact.sources.local import open_local  # noqa: E402
from assay.assess import assess  # noqa: E402
from assay.fixes import fix_folder  # noqa: E402


def flaws(folder: Path) -> list[int]:
    """Return the CWE of each failing finding about the code in `folder`."""
    predicate = assess(open_local(folder)).predicate
    return [one["detail"]["cwe"] for one in predicate["findings"]
            if one["rule"].startswith("SEC3") and one["outcome"] == "fail"]  # fmt: skip


def repaired(folder: Path) -> tuple[int, int]:
    """Return how many findings were repaired, and how many of these are gone from code that parses."""
    before = flaws(folder)
    target = folder.with_name("fixed")
    report = fix_folder(folder, assess(open_local(folder)).predicate, target=target)
    planned = sum(change.why.count(";") + 1 for change in report.changes)
    if not planned:
        return 0, 0
    ast.parse((target / "modeling_x.py").read_text("utf-8"))
    return planned, len(before) - len(flaws(target))


def judged(snippet: Snippet) -> tuple[set[int], int, int]:
    """Return the CWEs found in a snippet, the repairs planned, and those that hold."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name) / "repo"
        folder.mkdir()
        (folder / "modeling_x.py").write_text(snippet.source, "utf-8")
        found = set(flaws(folder))
        planned, made = repaired(folder) if found else (0, 0)
        return found, planned, made


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few snippets, no target judged")
    parser.add_argument("--verbose", action="store_true", help="name what was missed and what was found wrongly")
    arguments = parser.parse_args()
    chosen = snippets()[:: 15 if arguments.quick else 1]
    hits = misses = wrong = planned = made = 0
    for snippet in chosen:
        found, wanted, done = judged(snippet)
        planned, made = planned + wanted, made + done
        right = snippet.cwe in found
        hits += right
        misses += snippet.cwe is not None and not right
        wrong += bool(found - {snippet.cwe})
        if arguments.verbose and ((snippet.cwe is not None) != right or found - {snippet.cwe} or wanted != done):
            print(f"{snippet.name}: found {sorted(found)}, repairs {done} of {wanted}", file=sys.stderr)
    figures = [
        ("precision", hits / max(hits + wrong, 1), "of what is found", 0.95),
        ("recall", hits / max(hits + misses, 1), "of what is flawed", 0.90),
        ("repairs that parse and remove their finding", made / max(planned, 1), f"of {planned}", 1.0),
        ("snippets", len(chosen), "snippets", 120),
    ]
    lines = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": f">= {target}",
         "met": None if arguments.quick else value >= target}
        for name, value, unit, target in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "code_flaws", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
